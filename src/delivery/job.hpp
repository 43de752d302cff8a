#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/id.hpp"
#include "base/time.hpp"
#include "ports/mailer.hpp"

namespace ostiary::delivery {

/// How long one executor keeps a job to itself. Longer than any attempt takes (a mailer gives up after 30 s), so that
/// a lapsed lease means that the executor is gone.
inline constexpr std::chrono::seconds lease_length{60};

/// A lease that ends later than this from now was given before the clock was set back, and holds nothing. Twice the
/// length, for the clocks of two machines may differ.
inline constexpr std::chrono::seconds longest_lease_left{120};

/// After so many attempts a job is dead. With the delays below that is more than a day.
inline constexpr std::int64_t most_attempts = 16;

/// A row of `jobs`.
struct Job {
  JobId id;
  std::string kind;
  Bytes payload;
  std::string state;      ///< ready, running, done or dead
  Time run_at;            ///< when ready: not before
  std::int64_t attempts;  ///< begun so far, the running one included; names the holder of the lease, too
  Time expires_at;
  bool once;
  std::optional<Time> handed_over_at;  ///< of the running or last attempt: from then on it may have had its effect
  std::optional<Time> leased_until;    ///< when running
};

/// What an executor that found a job does with it. Ordered by precedence: the first that applies wins.
enum class ClaimVerdict {
  taken,           ///< leave it: finished, not due, or in another executor's hands
  handed_over,     ///< bury it: an executor went away after handing it over, and it must not happen twice
  expired,         ///< bury it: too late for it to be of use
  attempts_spent,  ///< bury it: tried often enough
  run,             ///< take the lease and run it
};

/// Judges a job as it stands in the database at `now`. A lease ends, and a job is due or expired, at the very moment
/// that its time names.
ClaimVerdict judge_claim(const Job& job, Time now);

/// What becomes of a job after an attempt. Ordered by precedence: the first that applies wins.
enum class AttemptVerdict {
  done,
  unknown,         ///< dead: it may have happened, and must not happen twice
  refused,         ///< dead: trying again won't help
  attempts_spent,  ///< dead
  expired,         ///< dead: the next attempt would come too late
  retry,           ///< ready again, at the time of the next attempt
};

/// Judges how an attempt at the (running) job ended. `next_attempt_at` is when the next one would be.
AttemptVerdict judge_attempt(const Job& job, Delivery delivery, Time next_attempt_at);

/// The pause after the attempt with the number `attempts` (from 1). It grows from five seconds to four hours; `jitter`,
/// 0 to 999 and drawn by lot, adds up to a fifth of it, so that what failed together does not return together.
Duration delay_after(std::int64_t attempts, std::uint32_t jitter);

}  // namespace ostiary::delivery
