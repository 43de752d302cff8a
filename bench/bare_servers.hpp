#pragma once

#include <cstdint>
#include <string>

namespace ostiary::bench {

/// What the session checks are measured against. Both serve until the process is ended, on 127.0.0.1.

/// Boost.Beast on `threads` threads: parses a request, sends the bytes, keeps connections alive, and closes idle ones
/// by one sweep a second. No routes, no policy.
void serve_bare_http(std::uint16_t port, int threads, const std::string& answer);

/// A generic callback service that reads a message and answers the bytes.
void serve_bare_grpc(std::uint16_t port, const std::string& answer);

}  // namespace ostiary::bench
