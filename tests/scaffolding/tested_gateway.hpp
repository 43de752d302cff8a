#pragma once

#include <future>
#include <optional>

#include <boost/json/parse.hpp>

#include "base/text.hpp"
#include "gateway/gateway.hpp"
#include "scaffolding/tested_door.hpp"

namespace ostiary::testing {

/// Bytes that are no secret.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = ++last_;
  }

 private:
  std::uint8_t last_ = 0;
};

/// A request as a client would say it.
struct Asked {
  std::string verb;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::string peer = "192.0.2.1";
};

/// POST with a JSON body.
inline Asked post(std::string target, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  headers.emplace_back("content-type", "application/json");
  return {"POST", std::move(target), std::move(headers), std::move(body)};
}

inline Asked get(std::string target, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {"GET", std::move(target), std::move(headers)};
}

/// An answer, with its parts easy to ask for.
struct Answered : http::Response {
  std::string text() const { return body ? *body : std::string(); }
  boost::json::object json() const { return boost::json::parse(text()).as_object(); }
  /// A member of the body's object, "" if it is no text or not there.
  std::string member(std::string_view name) const {
    if (!body || !text().starts_with('{')) return {};
    const auto object = json();
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  std::string code() const { return member("code"); }
  /// All values under `name`, one behind the other with line feeds.
  std::string header(std::string_view name) const {
    std::string all;
    const auto add = [&](std::string_view key, std::string_view value) {
      if (equal_ignoring_case(key, name)) all.append(all.empty() ? "" : "\n").append(value);
    };
    for (const auto& [key, value] : headers) add(key, value);
    std::string_view lines = encoded_headers ? std::string_view(*encoded_headers) : std::string_view();
    for (; !lines.empty(); lines.remove_prefix(lines.find("\r\n") + 2)) {
      const std::string_view line = lines.substr(0, lines.find("\r\n"));
      add(line.substr(0, line.find(": ")), line.substr(line.find(": ") + 2));
    }
    return all;
  }
};

/// A gateway over a tested door. Its contract is the real one unless the test says otherwise.
class TestedGateway {
 public:
  explicit TestedGateway(
      gateway::GatewayOptions options = {.public_origin = "http://localhost:8001",
                                         .cors_origins = {},
                                         .trusted_proxies = {},
                                         .cookies = {}},
      std::vector<gateway::Page> pages = {}, std::map<std::string, door::FindRememberedReply> remembered = {},
      const std::vector<const google::protobuf::ServiceDescriptor*>& services = contract::contract_services())
      : door(services),
        remembered_replies(door.contract, remembered, door.limits, door.clock),
        gateway(*door.dispatcher, remembered_replies, std::move(pages), random, door.log, std::move(options)) {}

  ~TestedGateway() { door.finish_calls(); }

  Answered ask(Asked asked) {
    http::Request request;
    request.verb = std::move(asked.verb);
    request.target = std::move(asked.target);
    request.headers = std::move(asked.headers);
    request.body = std::move(asked.body);
    request.peer = std::move(asked.peer);
    std::promise<http::Response> promise;
    gateway.handle(std::move(request), [&promise](http::Response response) { promise.set_value(std::move(response)); });
    return {promise.get_future().get()};
  }

  TestedDoor door;
  CountingRandom random;
  door::RememberedReplies remembered_replies;
  gateway::Gateway gateway;
};

}  // namespace ostiary::testing
