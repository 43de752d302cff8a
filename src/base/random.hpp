#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace ostiary {

/// A source of unpredictable bytes. Implementations are thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  Bytes bytes(std::size_t count) {
    Bytes result(count);
    fill(result);
    return result;
  }

  /// Uniform in [0, bound), without the bias of a bare remainder. `bound` is at least 1.
  std::uint32_t below(std::uint32_t bound);
};

/// The kernel's generator (getrandom). Throws std::system_error where the kernel refuses.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

}  // namespace ostiary
