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
  bool secure = false;  ///< PUBLIC_URL is https: names get a prefix, and cookies the Secure attribute
  std::string domain;   ///< COOKIE_DOMAIN
  std::chrono::seconds refresh_lifetime{7 * 24 * 3600};
  std::chrono::seconds access_lifetime{900};
};

/// The contract's cookies, their names and attributes (RFC 6265bis). With a prefix, browsers refuse a cookie that is
/// planted by a sibling host (__Host-) or over plain HTTP (__Secure-).
class CookieJar {
 public:
  /// Throws contract::ContractError if a value of `cookies` lacks a name, an absolute path or exactly one lifetime.
  explicit CookieJar(const CookieOptions& options,
                     const google::protobuf::EnumDescriptor& cookies = *Cookie_descriptor());

  struct Kind {
    std::string name, path;
    std::chrono::seconds lifetime;
  };
  const std::map<Cookie, Kind>& kinds() const { return kinds_; }
  const std::string& name(Cookie cookie) const;

  /// Reads Ostiary's cookies from the request's Cookie headers and ignores others. Refuses a repeated one, because the
  /// other could be from a sibling host.
  Result<std::map<Cookie, std::string>> read(const std::vector<std::string_view>& headers) const;

  /// Values of Set-Cookie.
  std::string set(Cookie cookie, std::string_view value) const;
  std::string clear(Cookie cookie) const;

 private:
  Kind read_kind(const google::protobuf::EnumValueDescriptor& cookie) const;
  std::string attributes(const Kind& kind, std::chrono::seconds lifetime) const;

  CookieOptions options_;
  std::map<Cookie, Kind> kinds_;
};

}  // namespace ostiary::gateway
