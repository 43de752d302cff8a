#include "gateway/problem.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "contract/refusals.hpp"

namespace ostiary::gateway {

namespace {

/// The challenge of a 401. Only an access token can be invalid in the sense of RFC 6750: wrong passwords and refresh
/// tokens get no error code.
std::string_view challenge_for(Refusal why, bool token_sent) {
  switch (why) {
    case Refusal::token_expired:
      return R"(Bearer realm="ostiary", error="invalid_token", error_description="The access token has expired")";
    case Refusal::session_ended:
      return R"(Bearer realm="ostiary", error="invalid_token", error_description="The session has ended")";
    case Refusal::not_authenticated:
      if (!token_sent) break;
      return R"(Bearer realm="ostiary", error="invalid_token", error_description="The access token is not valid")";
    default: break;
  }
  return R"(Bearer realm="ostiary")";
}

}  // namespace

http::Response problem_response(const Refused& refused, std::string_view trace_id, bool message_fail, bool token_sent) {
  const contract::RefusalStatus& status = contract::status_of(refused.why);
  const std::string_view code = name_of(refused.why);
  boost::json::object problem;
  problem["type"] = "urn:ostiary:problem:" + std::string(code);
  problem["title"] = status.title;
  problem["status"] = status.http;
  if (!refused.detail.empty()) problem["detail"] = refused.detail;
  problem["code"] = code;
  if (message_fail) problem["message"] = "fail";
  // An unknown field's name is the client's own text.
  if (!refused.field.empty() && inspect(refused.field).valid) problem["field"] = cut(refused.field, 128);
  problem["trace_id"] = trace_id;

  http::Response response;
  response.status = status.http;
  response.headers.emplace_back("Content-Type", "application/problem+json");
  response.headers.emplace_back("X-Request-Id", trace_id);
  if (refused.retry_after) {
    const auto seconds = std::max<std::int64_t>(1, refused.retry_after->count());
    problem["retry_after"] = seconds;
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  if (status.http == 401) response.headers.emplace_back("WWW-Authenticate", challenge_for(refused.why, token_sent));
  // RFC 9110, section 15.5.16.
  if (refused.why == Refusal::unsupported_content_encoding)
    response.headers.emplace_back("Accept-Encoding", "identity");
  for (const auto& [name, fact] : refused.facts) {
    std::visit([&, &name = name](const auto& value) { problem.emplace(name, value); }, fact);
  }
  response.body = std::make_shared<const std::string>(boost::json::serialize(problem));
  return response;
}

}  // namespace ostiary::gateway
