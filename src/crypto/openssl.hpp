#pragma once

namespace ostiary::crypto {

/// Throws std::runtime_error "OpenSSL failed to <what>" unless `done`, and empties OpenSSL's queue of errors, which is
/// this thread's and would be read as the next call's.
void require(bool done, const char* what);

}  // namespace ostiary::crypto
