#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary {

/// An IP address in 16 bytes. IPv4 is mapped into IPv6 (RFC 4291, section 2.5.5.2), so both spellings are equal.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const;
  bool is_loopback() const;
  bool operator==(const IpAddress&) const = default;
};

/// Parses an address without port, brackets or zone. Empty for any other text.
std::optional<IpAddress> parse_address(std::string_view text);

/// The canonical text (RFC 5952), dotted for IPv4.
std::string to_string(const IpAddress& address);

/// What counts as one client: the address for IPv4 (also if mapped into IPv6), the /64 network for IPv6.
std::string network_of(std::string_view address);

/// Whether a host name or address means this machine: localhost, names below it, loopback addresses. Ignores case. An
/// IPv6 address may have brackets; a port is not allowed.
bool is_this_machine(std::string_view host);

}  // namespace ostiary
