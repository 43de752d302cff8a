#pragma once

#include "config.hpp"
#include "ports/log.hpp"

namespace ostiary {

/// Runs the server until SIGTERM or SIGINT: HTTP, gRPC and background jobs. Then finishes running calls, within 20 s,
/// and returns. Throws StartupError, ListenError and similar if it cannot start.
void serve(const Config& config, Log& log);

/// Runs only background jobs until SIGTERM or SIGINT. For storage that several processes may share.
void work(const Config& config, Log& log);

}  // namespace ostiary
