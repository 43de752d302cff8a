#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "door/dispatcher.hpp"
#include "door/remembered_replies.hpp"
#include "gateway/cookies.hpp"
#include "gateway/router.hpp"
#include "http/handler.hpp"

namespace ostiary::gateway {

struct GatewayOptions {
  std::string public_origin;                 ///< "https://id.example.org", from PUBLIC_URL
  std::vector<std::string> cors_origins;     ///< besides PUBLIC_URL's
  std::vector<std::string> trusted_proxies;  ///< networks in CIDR form
  CookieOptions cookies;
  bool trusted_pages = false;  ///< BROWSER_TOKENS=body: pages of cors_origins may hold tokens
  std::string hsts = {};       ///< the value of Strict-Transport-Security; empty for none
};

/// HTTP/JSON in front of the dispatcher: routing, bodies, cookies, cross-site checks, CORS, problems (RFC 9457),
/// security headers. Does not use sockets. Thread-safe after construction. Its arguments must outlive it.
class Gateway final : public http::Handler {
 public:
  Gateway(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies, std::vector<Page> pages,
          Random& random, Log& log, GatewayOptions options);
  ~Gateway() override;

  void handle(http::Request request, std::function<void(http::Response)> done) const override;
  std::size_t body_limit(std::string_view verb, std::string_view target) const override;
  http::Response problem(const Refused& refused, const std::string& peer) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::gateway
