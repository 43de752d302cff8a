#include "base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <limits>
#include <system_error>

namespace ostiary {

std::uint32_t Random::below(std::uint32_t bound) {
  const std::uint32_t unbiased = std::numeric_limits<std::uint32_t>::max() / bound * bound;
  std::uint32_t value = 0;
  do {
    std::array<std::uint8_t, 4> raw{};
    fill(raw);
    value = static_cast<std::uint32_t>(raw[0]) << 24 | static_cast<std::uint32_t>(raw[1]) << 16 |
            static_cast<std::uint32_t>(raw[2]) << 8 | raw[3];
  } while (value >= unbiased);
  return value % bound;
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace ostiary
