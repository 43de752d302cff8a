#pragma once

#include <atomic>
#include <chrono>

#include "base/time.hpp"

namespace ostiary::testing {

/// A clock that stands until the test moves it.
class MovedClock final : public Clock {
 public:
  Time now() const override { return Time(Duration(microseconds_)); }
  void advances(Duration by) { microseconds_ += by.count(); }

 private:
  std::atomic<std::int64_t> microseconds_{std::chrono::microseconds(std::chrono::days(20'000)).count()};
};

}  // namespace ostiary::testing
