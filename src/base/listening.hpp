#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"

namespace ostiary {

/// A transport can't listen where it was told to: the message is one line that names the place and why, as in
/// "cannot listen on 127.0.0.1:8001: Address already in use".
class ListenError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether :: stands for the addresses of IPv4 as well.
enum class Families { both, own };

/// Listens for a moment. 0, or errno that says why it can't; a `port` of 0 becomes the one that the machine chose.
/// Connections of a server that has just ended are in nobody's way (SO_REUSEADDR).
int try_to_listen(const IpAddress& address, std::uint16_t& port, Families families);

/// Throws ListenError where `protocol` can't listen on all of these: IP addresses, `localhost` for both loopback
/// addresses, `*` for every address. The message names the setting of the port.
void expect_free(const std::vector<std::string>& addresses, std::uint16_t port, Families families,
                 std::string_view protocol, std::string_view setting);

}  // namespace ostiary
