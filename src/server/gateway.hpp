#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/dispatcher.hpp"

namespace ostiary::server {

/// A whole HTTP request, as the transport read it. Header names are lower-case; a name that came twice stands twice.
struct HttpRequest {
  std::string verb;
  std::string target;  ///< path and query, as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string peer;  ///< the address of the socket's other end
  bool over_tls = false;

  /// The first value under `name`, or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// A whole answer. The transport adds Date, Content-Length and Connection.
struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  ///< shared, so that bytes kept ready are not copied
};

struct CookieOptions {
  bool secure = false;        ///< PUBLIC_URL is https: the names get the __Host- prefix and the Secure attribute
  std::string domain;         ///< COOKIE_DOMAIN; then the prefix is __Secure-
  std::chrono::seconds refresh_lifetime{7 * 24 * 3600};
  std::chrono::seconds access_lifetime{900};
};

struct GatewayOptions {
  std::string public_origin;              ///< "https://id.example.org", from PUBLIC_URL
  std::vector<std::string> cors_origins;  ///< besides the public one
  std::vector<std::string> trusted_proxies;  ///< networks in CIDR form
  CookieOptions cookies;
};

/// Something that answers a path without being a call of the contract: the first page, the documentation, the
/// development mailbox, what a mailed link opens.
struct Page {
  std::string verb;  ///< GET (answers HEAD too), POST, DELETE
  std::string path;  ///< exact, or with a trailing "*" for a prefix
  std::function<HttpResponse(const HttpRequest&)> answer;  ///< called on the I/O thread: quick, no database
};

/// Answers for a call when the bytes are known already: on the I/O thread, after the policy's rate limits.
using ReadyReply = std::function<std::shared_ptr<const std::string>(const Secret& access_token, Time now)>;

/// HTTP/JSON over the dispatcher: routing, bodies, cookies, cross-site checks, CORS, problems (RFC 9457), security headers.
/// Knows no sockets. Thread-safe once built.
class Gateway {
 public:
  Gateway(Dispatcher& dispatcher, std::vector<Page> pages, std::map<std::string, ReadyReply> ready_replies,
          limits::Limits& limits, const Clock& clock, Random& random, Log& log, GatewayOptions options);
  ~Gateway();

  /// Answers through `done`, exactly once, from this or another thread.
  void handle(HttpRequest request, std::function<void(HttpResponse)> done) const;

  /// The problem for a request that the transport itself refuses: too large, malformed, timed out.
  HttpResponse problem(Refusal why, std::string detail) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::server
