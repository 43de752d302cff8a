#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cookies.hpp"
#include "door/dispatcher.hpp"
#include "http/message.hpp"
#include "gateway/router.hpp"
#include "door/remembered_replies.hpp"

namespace ostiary::server {

struct GatewayOptions {
  std::string public_origin;                 ///< "https://id.example.org", from PUBLIC_URL
  std::vector<std::string> cors_origins;     ///< besides the public one
  std::vector<std::string> trusted_proxies;  ///< networks in CIDR form
  CookieOptions cookies;
};

/// HTTP/JSON over the dispatcher: routing, bodies, cookies, cross-site checks, CORS, problems (RFC 9457), security
/// headers. Knows no sockets. Thread-safe once built. What it is given must outlive it.
class Gateway {
 public:
  Gateway(Dispatcher& dispatcher, const ReadyReplies& ready_replies, std::vector<Page> pages, Random& random, Log& log,
          GatewayOptions options);
  ~Gateway();

  /// Answers through `done`, exactly once, from this or another thread.
  void handle(HttpRequest request, std::function<void(HttpResponse)> done) const;

  /// The problem for a request that the transport itself refuses: too large, malformed, timed out.
  HttpResponse problem(const Refused& refused, const std::string& peer) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::server
