#pragma once

#include <cstdint>
#include <string>

#include "doctor/judgments.hpp"

namespace ostiary::doctor {

enum class Protocol { http, grpc };

/// Checks a port at an IP address: binds it for a moment to see whether it is free. If not, asks whether an Ostiary
/// server is listening (`/health`, or gRPC's health service), for two seconds at most.
PortState look_at_port(const std::string& address, std::uint16_t port, Protocol protocol);

/// What a running Ostiary says at /metrics; empty where it does not tell this machine.
std::string metrics_at(const std::string& address, std::uint16_t port);

}  // namespace ostiary::doctor
