#pragma once

#include "config.hpp"
#include "ports/log.hpp"

namespace ostiary {

/// Runs the server until SIGTERM or SIGINT: HTTP, gRPC and, beside them, the jobs. Then it lets what has begun finish,
/// within 20 s, and returns. Throws StartupError, ListenError and the like where it can't start.
void serve(const Config& config, Log& log);

/// Runs the jobs alone, until SIGTERM or SIGINT. For storage that several processes may share.
void work(const Config& config, Log& log);

}  // namespace ostiary
