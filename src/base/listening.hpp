#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"

namespace ostiary {

/// A transport cannot listen on its address. The message is one line with the address and the reason, such as "cannot
/// listen on 127.0.0.1:8001: Address already in use".
class ListenError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether :: includes the IPv4 addresses.
enum class Families { both, own };

/// Listens for a moment. Returns 0, or the errno of the failure. A `port` of 0 is replaced by the chosen port.
/// Connections left over from a stopped server do not matter (SO_REUSEADDR).
int try_to_listen(const IpAddress& address, std::uint16_t& port, Families families);

/// Throws ListenError where `protocol` can't listen on all of these: IP addresses, `localhost` for both loopback
/// addresses, `*` for every address. The message names the setting of the port.
void expect_free(const std::vector<std::string>& addresses, std::uint16_t port, Families families,
                 std::string_view protocol, std::string_view setting);

}  // namespace ostiary
