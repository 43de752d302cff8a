#include "delivery/job.hpp"

#include <algorithm>
#include <array>

namespace ostiary::delivery {

using namespace std::chrono_literals;

ClaimVerdict judge_claim(const Job& job, Time now) {
  const bool due = job.state == "ready" && job.run_at <= now;
  const Time leased_until = job.leased_until.value_or(now);
  const bool abandoned = job.state == "running" && (leased_until <= now || leased_until > now + longest_lease_left);
  if (!due && !abandoned) return ClaimVerdict::taken;
  if (job.once && job.handed_over_at) return ClaimVerdict::handed_over;
  if (job.expires_at <= now) return ClaimVerdict::expired;
  if (job.attempts >= most_attempts) return ClaimVerdict::attempts_spent;
  return ClaimVerdict::run;
}

AttemptVerdict judge_attempt(const Job& job, Delivery delivery, Time next_attempt_at) {
  if (delivery == Delivery::accepted) return AttemptVerdict::done;
  if (delivery == Delivery::unknown && job.once) return AttemptVerdict::unknown;
  if (delivery == Delivery::refused) return AttemptVerdict::refused;
  if (job.attempts >= most_attempts) return AttemptVerdict::attempts_spent;
  if (next_attempt_at >= job.expires_at) return AttemptVerdict::expired;
  return AttemptVerdict::retry;
}

Duration delay_after(std::int64_t attempts, std::uint32_t jitter) {
  // Close together at first: a mail with a code lives ten minutes, and servers that greylist accept after one to five.
  static constexpr std::array<std::chrono::seconds, 11> delays{5s, 30s, 1min, 2min, 4min, 15min, 30min, 1h, 2h, 3h, 4h};
  const auto index = std::clamp<std::int64_t>(attempts - 1, 0, delays.size() - 1);
  const Duration delay = delays[static_cast<std::size_t>(index)];
  return delay + delay * std::min<std::uint32_t>(jitter, 999) / 5000;
}

}  // namespace ostiary::delivery
