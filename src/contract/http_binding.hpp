#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/contract.hpp"

namespace ostiary::contract {

/// The bindings that google.api.http gives to a call; none for a call that gRPC alone serves. Throws ContractError for
/// what the gateway can't serve: custom verbs, segments other than a literal or `{field}` of a text of the request, a
/// body other than "*" or a field of google.api.HttpBody, response_body, a body with GET or DELETE, fields in the query
/// that are no scalars or are secret.
std::vector<HttpBinding> http_bindings(const google::protobuf::MethodDescriptor& method);

/// Whether one request could mean either binding.
bool ambiguous(const HttpBinding& left, const HttpBinding& right);

}  // namespace ostiary::contract
