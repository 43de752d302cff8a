#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ostiary::http {

/// How slowly a client may send a request or take a reply. There is no limit on the whole: a large reply over a slow
/// line takes as long as it takes.
struct PaceLimits {
  std::chrono::milliseconds stall{20'000};   ///< without a single byte
  std::chrono::milliseconds period{30'000};  ///< over which the rate is measured
  std::size_t least_rate = 500;              ///< bytes a second
};

/// Whether a transfer keeps moving. Knows no clock and no socket: it is told both.
class Pace {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// A transfer begins at `now`, when `bytes` have been moved in all.
  void begin(Moment now, std::uint64_t bytes);

  /// Whether it is too slow, given that `bytes` have been moved in all. To be asked more often than once a period.
  bool is_too_slow(Moment now, std::uint64_t bytes, const PaceLimits& limits);

 private:
  Moment moved_at_, period_began_;
  std::uint64_t bytes_ = 0, bytes_at_period_ = 0;
};

}  // namespace ostiary::http
