#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::gateway {

/// What a browser says about the origin of a request. Pages cannot forge these headers.
struct RequestOrigin {
  std::optional<std::string_view> origin;          ///< Origin
  std::optional<std::string_view> sec_fetch_site;  ///< Sec-Fetch-Site
  bool repeated = false;                           ///< one of them is repeated: neither is trusted

  /// Whether a browser sent it. Other clients send neither header.
  bool is_browser() const { return origin.has_value() || sec_fetch_site.has_value(); }
};

/// The origins whose pages may call: PUBLIC_URL's, and those of CORS_ORIGINS.
class CrossSitePolicy {
 public:
  CrossSitePolicy(std::string public_origin, std::vector<std::string> cors_origins);

  /// Whether a request that may change something is allowed (Fetch Metadata, OWASP ASVS 3.5). Always true for clients
  /// that are not browsers: they send credentials only on purpose.
  bool may_change(const RequestOrigin& from) const;

  /// Whether a page of CORS_ORIGINS sent it that is not PUBLIC_URL's.
  bool is_listed_page(const RequestOrigin& from) const;

  /// The origin to name in Access-Control-Allow-Origin: the request's own, if it may read answers.
  std::optional<std::string_view> may_read(const RequestOrigin& from) const;

 private:
  bool is_listed(std::string_view origin) const;

  std::string public_origin_;
  std::vector<std::string> cors_origins_;
};

}  // namespace ostiary::gateway
