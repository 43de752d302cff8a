#include "gateway/problem.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "contract/refusals.hpp"

namespace ostiary::gateway {

http::Response problem_response(const Refused& refused, std::string_view trace_id, bool message_fail) {
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
  if (status.http == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  for (const auto& [name, fact] : refused.facts) {
    std::visit([&, &name = name](const auto& value) { problem.emplace(name, value); }, fact);
  }
  response.body = std::make_shared<const std::string>(boost::json::serialize(problem));
  return response;
}

}  // namespace ostiary::gateway
