#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"

namespace ostiary {

/// The proxies whose word on the client's address is believed.
class TrustedProxies {
 public:
  /// Networks in CIDR form, or single addresses. Throws std::invalid_argument that names one which is neither.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  /// The client's address in canonical text: the first from the right, beginning with the peer, that is no trusted
  /// proxy. An entry of X-Forwarded-For that is no address ends the search at the proxy that passed it on, so that a
  /// malformed value shares that proxy's budget instead of getting one of its own. `forwarded_for`: the header's lines,
  /// in their order; `forwarded`: those of Forwarded (RFC 7239), whose `for` parameters count. Where both headers are
  /// there and differ, one of them is the client's own, and the address is the peer's.
  std::string client_address(std::string_view peer, const std::vector<std::string_view>& forwarded_for,
                             const std::vector<std::string_view>& forwarded = {}) const;

  bool trusts(const IpAddress& address) const;

  /// The same for an address as text; false for any other text.
  bool trusts(std::string_view address) const;

 private:
  IpAddress by_forwarded_for(IpAddress peer, const std::vector<std::string_view>& lines) const;
  IpAddress by_forwarded(IpAddress peer, const std::vector<std::string_view>& lines) const;

  struct Network {
    IpAddress base;
    int prefix;  ///< bits of the 128
  };
  std::vector<Network> networks_;
};

}  // namespace ostiary
