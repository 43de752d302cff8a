// Requests as the gateway gets them: paths, queries, headers, cookies, bodies, over the whole contract. Whatever comes,
// there is one answer; it is none of a fault of ours, and no header of it is more than one line.
#include <google/protobuf/message.h>

#include <set>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "contract/json.hpp"
#include "fuzz/invariant.hpp"
#include "gateway/request_fields.hpp"
#include "gateway/router.hpp"
#include "scaffolding/tested_gateway.hpp"

namespace {

using namespace ostiary;
using ostiary::fuzz::must;

ostiary::testing::TestedGateway& tested() {
  static ostiary::testing::TestedGateway gateway({.public_origin = "https://id.example.org",
                                                  .cors_origins = {"https://app.example.org"},
                                                  .trusted_proxies = {"192.0.2.0/24"},
                                                  .cookies = {.secure = true}});
  return gateway;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    encoded += '%';
    encoded += digits[static_cast<unsigned char>(c) >> 4];
    encoded += digits[c & 15];
  }
  return encoded;
}

void check_encoding(std::string_view text) {
  const auto decoded = percent_decode(text);
  if (!decoded) return;
  must(percent_decode(percent_encoded(*decoded)) == decoded, "what was decoded can be spelt again");
  must(decoded->size() <= text.size(), "decoding makes nothing longer");
}

/// "VERB target", lines of headers, an empty line, the body.
http::Request request_of(std::string_view rest) {
  http::Request request;
  const std::string_view first = ostiary::fuzz::take_line(rest);
  const auto space = std::min(first.find(' '), first.size());
  request.verb = first.substr(0, space);
  request.target = first.substr(std::min(space + 1, first.size()));
  while (!rest.empty()) {
    const std::string_view line = ostiary::fuzz::take_line(rest);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) break;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    request.headers.emplace_back(std::move(name), trim_blanks(line.substr(colon + 1)));
  }
  request.body = rest;
  request.peer = "192.0.2.1";
  return request;
}

void check(const http::Response& response) {
  static const std::set<int> known{200, 204, 400, 401, 403, 404, 405, 409, 410, 411, 413, 415, 422, 429, 501};
  must(known.contains(response.status), "the answer is no fault of ours");
  for (const auto& [name, value] : response.headers) {
    must(!name.empty() && name.find_first_of(": \r\n") == std::string::npos, "a header has a name");
    // Access-Control-Allow-Origin and the like repeat what came: append_header blanks what a line can't hold.
    must(value.find('\n') == std::string::npos, "a header is one line");
  }
  if (response.status < 400) return;
  const ostiary::testing::Answered answered{response};
  must(answered.header("content-type") == "application/problem+json", "a refusal is a problem");
  must(inspect(answered.text()).valid, "a problem is a text");
  const auto problem = answered.json();
  must(problem.at("status").as_int64() == response.status, "a problem knows its status");
  must(!problem.at("code").as_string().empty(), "a problem has a code");
  must(response.status != 405 || !answered.header("allow").empty(), "405 tells what is allowed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  http::Request request = request_of(ostiary::fuzz::text_of(data, size));
  check_encoding(request.target);
  // Limits are for other tests: here every request is a first one.
  tested().door.limiter.forget();
  std::promise<http::Response> promise;
  tested().gateway.handle(std::move(request),
                          [&promise](http::Response response) { promise.set_value(std::move(response)); });
  check(promise.get_future().get());
  return 0;
}
