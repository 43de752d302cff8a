#include "base/listening.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ostiary {
namespace {

/// A socket's address of either family.
struct Place {
  Place(const IpAddress& address, std::uint16_t port) {
    if (address.is_v4()) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      std::memcpy(&v4.sin_addr, address.bytes.data() + 12, sizeof v4.sin_addr);
      hold(v4);
    } else {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      std::memcpy(&v6.sin6_addr, address.bytes.data(), sizeof v6.sin6_addr);
      hold(v6);
    }
  }

  sockaddr* name() { return reinterpret_cast<sockaddr*>(&storage); }

  std::uint16_t port() const {
    // Both families have it at the same place.
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return ntohs(v4.sin_port);
  }

  sockaddr_storage storage{};
  socklen_t size = 0;

 private:
  template <class Address>
  void hold(const Address& address) {
    std::memcpy(&storage, &address, sizeof address);
    size = sizeof address;
  }
};

struct Listening {
  std::string address;
  bool only_if_there;  ///< a machine without IPv6 does without
};

std::vector<Listening> spelt_out(const std::vector<std::string>& addresses) {
  std::vector<Listening> places;
  for (const auto& address : addresses) {
    if (address == "localhost") places.insert(places.end(), {{"127.0.0.1", false}, {"::1", true}});
    else if (address == "*") places.insert(places.end(), {{"0.0.0.0", false}, {"::", true}});
    else places.push_back({address, false});
  }
  return places;
}

std::string in_url(const IpAddress& address, const std::string& text, std::uint16_t port) {
  return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
}

}  // namespace

int try_to_listen(const IpAddress& address, std::uint16_t& port, Families families) {
  Place place(address, port);
  const int descriptor = ::socket(place.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!address.is_v4() && families == Families::own) {
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  const int error = ::bind(descriptor, place.name(), place.size) == 0 && ::listen(descriptor, 1) == 0 ? 0 : errno;
  if (error == 0 && ::getsockname(descriptor, place.name(), &place.size) == 0) port = place.port();
  ::close(descriptor);
  return error;
}

void expect_free(const std::vector<std::string>& addresses, std::uint16_t port, Families families,
                 std::string_view protocol, std::string_view setting) {
  if (port == 0) return;
  for (const auto& [text, only_if_there] : spelt_out(addresses)) {
    const auto address = parse_address(text);
    if (!address) throw ListenError(std::string(protocol) + " cannot listen on " + text + ": it is not an IP address");
    std::uint16_t tried = port;
    const int error = try_to_listen(*address, tried, families);
    if (error == 0 || (only_if_there && (error == EADDRNOTAVAIL || error == EAFNOSUPPORT))) continue;
    throw ListenError(std::string(protocol) + " cannot listen on " + in_url(*address, text, port) + ": " +
                      std::generic_category().message(error) + " (see " + std::string(setting) + ")");
  }
}

}  // namespace ostiary
