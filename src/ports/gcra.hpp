#pragma once

#include <algorithm>
#include <optional>

#include "base/time.hpp"
#include "ports/rate_limiter.hpp"

namespace ostiary::gcra {

/// The generic cell rate algorithm (ITU-T I.371), as pure judgments. All that is known of a bucket is `full_at`, the
/// moment at which it is full again; a bucket that nobody took from is full since ever.

/// How long it takes until one more is in the bucket.
inline Duration interval_of(const Rate& rate) { return Duration(rate.period) / std::max<std::int64_t>(rate.count, 1); }

struct Verdict {
  std::optional<Duration> wait;  ///< nothing: one was taken
  Time full_at;                  ///< of the bucket afterwards
};

/// Takes one at `now`, if there is one. A clock that was set back leaves no bucket emptier than empty.
inline Verdict take_one(Time full_at, const Rate& rate, Time now) {
  const Duration interval = interval_of(rate);
  const Duration whole = interval * rate.burst;
  const Time from = std::clamp(full_at, now, now + whole);
  if (from + interval > now + whole) return {from + interval - (now + whole), from};
  return {std::nullopt, from + interval};
}

/// Puts one back that was taken. A bucket never holds more than its burst.
inline Time put_one_back(Time full_at, const Rate& rate) { return full_at - interval_of(rate); }

}  // namespace ostiary::gcra
