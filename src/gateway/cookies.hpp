#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ostiary/options.pb.h"

namespace ostiary::gateway {

struct CookieOptions {
  bool secure = false;  ///< PUBLIC_URL is https: the names get the __Host- prefix and the Secure attribute
  std::string domain;   ///< COOKIE_DOMAIN; then the prefix is __Secure-
  std::chrono::seconds refresh_lifetime{7 * 24 * 3600};
  std::chrono::seconds access_lifetime{900};
};

/// The three cookies, their names and attributes (RFC 6265bis). A name's prefix makes the browser refuse one that a
/// sibling host or a plain connection would plant.
class CookieJar {
 public:
  explicit CookieJar(const CookieOptions& options);

  const std::string& name(Cookie cookie) const;

  /// Our cookies among those of the request's Cookie headers; foreign ones are passed over. Refuses one that stands
  /// there twice: the other could be a sibling host's.
  Result<std::map<Cookie, std::string>> read(const std::vector<std::string_view>& headers) const;

  /// Values of Set-Cookie.
  std::string set(Cookie cookie, std::string_view value) const;
  std::string clear(Cookie cookie) const;

 private:
  std::string attributes(std::chrono::seconds lifetime) const;
  std::chrono::seconds lifetime(Cookie cookie) const;

  CookieOptions options_;
  std::map<Cookie, std::string> names_;
};

}  // namespace ostiary::gateway
