#pragma once

#include <chrono>
#include <string>

namespace ostiary {

/// A duration as a text names it: whole minutes from two on, rounded down, below that seconds; the other is empty.
struct NamedDuration {
  std::string minutes;
  std::string seconds;
};

inline NamedDuration name_duration(std::chrono::seconds duration) {
  if (duration < std::chrono::minutes(2)) return {"", std::to_string(duration.count())};
  return {std::to_string(std::chrono::duration_cast<std::chrono::minutes>(duration).count()), ""};
}

}  // namespace ostiary
