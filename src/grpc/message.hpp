#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "base/result.hpp"

namespace ostiary::grpc_transport {

/// The client's address in canonical text from what gRPC calls a peer: "ipv4:192.0.2.1:5000", "ipv6:%5B::1%5D:5000". A
/// peer without an IP address (a Unix socket) is on this machine: 127.0.0.1.
std::string address_of_peer(std::string_view peer);

/// Why a message that was parsed is not one of the contract: it, or a message inside it, has a field that the contract
/// doesn't know, or an enum's number without a name. Nothing if it is.
std::optional<Refused> difference_from_contract(const google::protobuf::Message& message);

/// A google.rpc.Status, serialized, for the trailer grpc-status-details-bin: ErrorInfo (the stable code as the reason,
/// "ostiary" as the domain; field, trace_id and the refusal's facts as metadata), BadRequest where a field is named,
/// RetryInfo where a time is.
std::string status_details(const Refused& refused, std::string_view trace_id);

/// The sentence that goes with a refusal: its detail, or else its title.
std::string status_message(const Refused& refused);

}  // namespace ostiary::grpc_transport
