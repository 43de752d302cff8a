#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"

namespace ostiary {

/// The proxies that are trusted to report the client's address.
class TrustedProxies {
 public:
  /// Takes networks in CIDR notation, or single addresses. Throws std::invalid_argument that names a malformed one.
  explicit TrustedProxies(const std::vector<std::string>& networks);

  /// The client's address in canonical text: starting with the peer and going from right to left, the first address
  /// that is not a trusted proxy. If an entry of X-Forwarded-For is not an address, the search ends at the proxy that
  /// sent it, so a malformed value uses that proxy's budget instead of getting its own. `forwarded_for` has the lines
  /// of X-Forwarded-For in order; `forwarded` those of Forwarded (RFC 7239), whose `for` parameters count. If both
  /// headers are there and differ, the client sent one of them, and the result is the peer's address.
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
