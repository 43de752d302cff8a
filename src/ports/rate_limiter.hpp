#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "base/time.hpp"

namespace ostiary {

/// `count` in each `period`, of which `burst` may come at once.
struct Rate {
  std::int64_t count;
  std::chrono::seconds period;
  std::int64_t burst;
};

/// A bucket by its key, and how fast it fills.
struct RateBucket {
  std::string key;
  Rate rate;
};

/// Buckets by the generic cell rate algorithm (GCRA). Thread-safe.
class RateLimiter {
 public:
  virtual ~RateLimiter() = default;

  /// Takes one from each of `buckets`, whose keys differ, and gives nothing; or, where one of them is empty, takes from
  /// none and gives how long until all of them have one.
  virtual std::optional<Duration> take(std::span<const RateBucket> buckets, Time now) = 0;

  /// Puts one back into each of `buckets`, as `take` took it.
  virtual void give_back(std::span<const RateBucket> buckets) = 0;
};

}  // namespace ostiary
