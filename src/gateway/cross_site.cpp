#include "gateway/cross_site.hpp"

#include <algorithm>

namespace ostiary::gateway {

CrossSitePolicy::CrossSitePolicy(std::string public_origin, std::vector<std::string> cors_origins)
    : public_origin_(std::move(public_origin)), cors_origins_(std::move(cors_origins)) {}

bool CrossSitePolicy::is_listed(std::string_view origin) const {
  return origin != "null" && std::ranges::find(cors_origins_, origin) != cors_origins_.end();
}

bool CrossSitePolicy::may_change(const RequestOrigin& from) const {
  if (from.repeated) return false;
  if (from.origin == "null") return false;
  const bool listed = from.origin && is_listed(*from.origin);
  if (from.sec_fetch_site && *from.sec_fetch_site != "same-origin" && *from.sec_fetch_site != "none") return listed;
  // The page that a browser calls same-origin is the server's own, also where the server is reached under another name
  // than PUBLIC_URL's, as 127.0.0.1 for localhost.
  if (from.sec_fetch_site == "same-origin") return true;
  return !from.origin || listed || *from.origin == public_origin_;
}

bool CrossSitePolicy::is_listed_page(const RequestOrigin& from) const {
  return !from.repeated && from.origin && *from.origin != public_origin_ && is_listed(*from.origin);
}

std::optional<std::string_view> CrossSitePolicy::may_read(const RequestOrigin& from) const {
  return is_listed_page(from) ? from.origin : std::nullopt;
}

}  // namespace ostiary::gateway
