#pragma once

#include <cstdint>
#include <string>

#include "doctor/judgments.hpp"

namespace ostiary::doctor {

enum class Protocol { http, grpc };

/// Who has a port at an IP address. Takes it for a moment to see whether it is free; asks whoever has it whether they
/// are an Ostiary (`/health`, or the health service of gRPC), for two seconds at most.
PortState look_at_port(const std::string& address, std::uint16_t port, Protocol protocol);

/// What a running Ostiary says at /metrics; empty where it does not tell this machine.
std::string metrics_at(const std::string& address, std::uint16_t port);

}  // namespace ostiary::doctor
