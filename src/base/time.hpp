#pragma once

#include <chrono>

namespace ostiary {

/// A point in time in UTC with microseconds, the precision that every storage engine supports.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

/// Tells the time. A use case asks once and passes the time on; decision functions get it as an argument.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
};

}  // namespace ostiary
