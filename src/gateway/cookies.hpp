#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ostiary/options.pb.h"

namespace ostiary::gateway {

struct CookieOptions {
  bool secure = false;  ///< PUBLIC_URL is https: names get a prefix, and cookies the Secure attribute
  std::string domain;   ///< COOKIE_DOMAIN
  /// The host of PUBLIC_URL and the domains above it for which a cookie could have been set, by whomever.
  std::vector<std::string> domains_above = {};
  std::chrono::seconds refresh_lifetime{7 * 24 * 3600};
  std::chrono::seconds access_lifetime{900};
};

/// Our cookies among those of a request.
struct CookiesSent {
  std::map<Cookie, std::string> once;
  /// Those of which the request has two or more: another host or an earlier COOKIE_DOMAIN may have set one of them, and
  /// nobody can tell which is ours.
  std::set<Cookie> doubled;
};

/// The contract's cookies, their names and attributes (RFC 6265bis). A name's prefix makes the browser refuse one that
/// a sibling host (__Host-) or a plain connection (__Secure-) would plant.
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

  /// Our cookies in the request's Cookie headers; foreign ones are passed over.
  CookiesSent read(const std::vector<std::string_view>& headers) const;

  /// Values of Set-Cookie.
  std::string set(Cookie cookie, std::string_view value) const;
  std::string clear(Cookie cookie) const;

  /// Values of Set-Cookie that clear every cookie of this name that a browser could have sent to one of `paths`:
  /// host-only, and for the domains above, on each path that covers it (RFC 6265, sections 5.1.3 and 5.1.4). All but
  /// the one that `set` and `clear` are about. Browsers keep only that one of a name with the prefix __Host-.
  std::vector<std::string> clear_others(Cookie cookie, const std::vector<std::string>& paths) const;

 private:
  Kind read_kind(const google::protobuf::EnumValueDescriptor& cookie) const;
  /// Clears the cookie of this name, path and domain. Only Secure matters then: the prefixes of names require it.
  std::string clearing(std::string_view name, std::string_view path, std::string_view domain) const;

  CookieOptions options_;
  std::map<Cookie, Kind> kinds_;
};

}  // namespace ostiary::gateway
