#pragma once

#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace ostiary::gateway {

/// A refusal as an answer: application/problem+json (RFC 9457) with the members type, title, status, detail, code,
/// trace_id, and where there is one field, retry_after and the refusal's facts; Retry-After in whole seconds, rounded
/// up to one; WWW-Authenticate on 401. `message_fail` adds the member "message": "fail". `token_sent`: the request had
/// an access token, so that a caller who is not authenticated is told that it is invalid (RFC 6750, section 3.1).
http::Response problem_response(const Refused& refused, std::string_view trace_id, bool message_fail = false,
                                bool token_sent = false);

}  // namespace ostiary::gateway
