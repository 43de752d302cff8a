#pragma once

namespace ostiary::crypto {

/// Unless `done`, throws std::runtime_error "OpenSSL failed to <what>" and clears this thread's OpenSSL error queue, so
/// that the next call does not see the error.
void require(bool done, const char* what);

}  // namespace ostiary::crypto
