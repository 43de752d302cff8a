#include "base/listening.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

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

}  // namespace ostiary
