#pragma once

#include <chrono>

namespace ostiary {

/// A moment in UTC with the precision every storage engine keeps: microseconds.
using Time = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

/// Tells the time. Use cases ask it once and pass the answer on; a judgment gets the time as an argument.
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
