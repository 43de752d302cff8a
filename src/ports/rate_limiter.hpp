#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace ostiary {

/// `count` in each `period`, of which `burst` may come at once.
struct Rate {
  std::int64_t count;
  std::chrono::seconds period;
  std::int64_t burst;
};

/// Buckets by the generic cell rate algorithm (GCRA). Thread-safe.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;

  /// Takes one from the bucket `key`. Gives nothing when there was one, else how long until there is.
  virtual std::optional<Duration> take(std::string_view key, const Rate& rate, Time now) = 0;

  /// Puts one back that `take` took.
  virtual void give_back(std::string_view key, const Rate& rate) = 0;
};

}  // namespace ostiary
