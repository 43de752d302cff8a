#pragma once

#include <algorithm>
#include <optional>

#include "base/time.hpp"
#include "ports/rate_limiter.hpp"

namespace ostiary::gcra {

/// The generic cell rate algorithm (ITU-T I.371) as pure functions. The only state of a bucket is `full_at`, the time
/// at which it is full again. An unused bucket is full.

/// The time in which the bucket gains one token.
inline Duration interval_of(const Rate& rate) { return Duration(rate.period) / std::max<std::int64_t>(rate.count, 1); }

struct Verdict {
  std::optional<Duration> wait;  ///< empty if one was taken
  Time full_at;                  ///< of the bucket afterwards
};

/// Takes one at `now`, if there is one. If the clock was set back, a bucket is never treated as less than empty.
inline Verdict take_one(Time full_at, const Rate& rate, Time now) {
  const Duration interval = interval_of(rate);
  const Duration whole = interval * rate.burst;
  const Time from = std::clamp(full_at, now, now + whole);
  if (from + interval > now + whole) return {from + interval - (now + whole), from};
  return {std::nullopt, from + interval};
}

/// Returns one that was taken. A bucket never holds more than its burst.
inline Time put_one_back(Time full_at, const Rate& rate) { return full_at - interval_of(rate); }

}  // namespace ostiary::gcra
