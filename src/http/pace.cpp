#include "http/pace.hpp"

namespace ostiary::http {

void Pace::begin(Moment now, std::uint64_t bytes) {
  moved_at_ = period_began_ = now;
  bytes_ = bytes_at_period_ = bytes;
}

bool Pace::is_too_slow(Moment now, std::uint64_t bytes, const PaceLimits& limits) {
  if (bytes > bytes_) {
    bytes_ = bytes;
    moved_at_ = now;
  }
  if (now - moved_at_ >= limits.stall) return true;
  if (now - period_began_ < limits.period) return false;
  const std::chrono::duration<double> took = now - period_began_;
  const bool is_slow =
      static_cast<double>(bytes_ - bytes_at_period_) < static_cast<double>(limits.least_rate) * took.count();
  period_began_ = now;
  bytes_at_period_ = bytes_;
  return is_slow;
}

}  // namespace ostiary::http
