#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "base/result.hpp"

namespace ostiary::grpc_transport {

/// The client's address in canonical text from a gRPC peer: "ipv4:192.0.2.1:5000", "ipv6:%5B::1%5D:5000". For a peer
/// without an IP address (a Unix socket) it is 127.0.0.1.
std::string address_of_peer(std::string_view peer);

/// Why a parsed message does not match the contract: it or a nested message has an unknown field, or an enum number
/// without a name. Empty if it matches.
std::optional<Refused> difference_from_contract(const google::protobuf::Message& message);

/// A google.rpc.Status, serialized, for the trailer grpc-status-details-bin: ErrorInfo (the stable code as the reason,
/// "ostiary" as the domain; field, trace_id and the refusal's facts as metadata), BadRequest if there is a field,
/// RetryInfo if there is a time.
std::string status_details(const Refused& refused, std::string_view trace_id);

/// The message of a refusal: its detail or, if empty, its title.
std::string status_message(const Refused& refused);

}  // namespace ostiary::grpc_transport
