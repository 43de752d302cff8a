#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/contract.hpp"

namespace ostiary::contract {

/// The bindings of a call from google.api.http. None for a call that is served only by gRPC. Throws ContractError for
/// what the gateway cannot serve: custom verbs, segments other than a literal or `{field}` of a text of the request, a
/// body other than "*" or a field of google.api.HttpBody, response_body, a body with GET or DELETE, query fields that
/// are not scalars or are secret.
std::vector<HttpBinding> http_bindings(const google::protobuf::MethodDescriptor& method);

/// Whether one request could match both bindings.
bool ambiguous(const HttpBinding& left, const HttpBinding& right);

}  // namespace ostiary::contract
