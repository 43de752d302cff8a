#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary {

/// An IP address in 16 bytes: IPv4 as mapped into IPv6 (RFC 4291, section 2.5.5.2), so that both spellings are one.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const;
  bool is_loopback() const;
  bool operator==(const IpAddress&) const = default;
};

/// The address that `text` spells, without port, brackets or zone; nothing for any other text.
std::optional<IpAddress> parse_address(std::string_view text);

/// The canonical text (RFC 5952), dotted for IPv4.
std::string to_string(const IpAddress& address);

/// What counts as one client: an IPv4 address (also one mapped into IPv6) as it is, IPv6 by its /64.
std::string network_of(std::string_view address);

/// Whether a host is this machine by its name or address alone: localhost, names below it, loopback addresses. In any
/// case, an IPv6 address with or without brackets, without a port.
bool is_this_machine(std::string_view host);

}  // namespace ostiary
