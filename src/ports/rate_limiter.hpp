#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "base/time.hpp"

namespace ostiary {

/// `count` calls in each `period`, of which `burst` may come at once.
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

  /// Takes one from each of `buckets`, whose keys must differ, and returns nothing. If one of them is empty, takes from
  /// none and returns the time until all of them have one.
  virtual std::optional<Duration> take(std::span<const RateBucket> buckets, Time now) = 0;

  /// Returns one to each of `buckets`, to undo `take`.
  virtual void give_back(std::span<const RateBucket> buckets) = 0;
};

}  // namespace ostiary
