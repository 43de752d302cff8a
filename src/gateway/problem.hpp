#pragma once

#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace ostiary::gateway {

/// The response for a refusal: application/problem+json (RFC 9457) with the members type, title, status, detail, code,
/// trace_id and, if present, field, retry_after and the refusal's facts. Retry-After is in whole seconds, at least one.
/// 401 has WWW-Authenticate. `message_fail` adds the member "message": "fail".
http::Response problem_response(const Refused& refused, std::string_view trace_id, bool message_fail = false);

}  // namespace ostiary::gateway
