#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/id.hpp"
#include "base/time.hpp"
#include "ports/mailer.hpp"

namespace ostiary::delivery {

/// The length of an executor's lease on a job. Longer than any attempt (a mailer gives up after 30 s), so an expired
/// lease means that the executor is gone.
inline constexpr std::chrono::seconds lease_length{60};

/// A lease that ends later than this from now was taken before the clock was set back and is invalid. Twice the length
/// of a lease, because the clocks of two machines may differ.
inline constexpr std::chrono::seconds longest_lease_left{120};

/// A job is dead after this number of attempts. With the delays below that is more than a day.
inline constexpr std::int64_t most_attempts = 16;

/// A row of `jobs`.
struct Job {
  JobId id;
  std::string kind;
  Bytes payload;
  std::string state;      ///< ready, running, done or dead
  Time run_at;            ///< when ready: earliest start
  std::int64_t attempts;  ///< started so far, including the running one; also identifies the holder of the lease
  Time expires_at;
  bool once;
  std::optional<Time> handed_over_at;  ///< of the running or last attempt: it may have had its effect since then
  std::optional<Time> leased_until;    ///< when running
};

/// What an executor does with a job that it found. Ordered by precedence: the first that applies wins.
enum class ClaimVerdict {
  taken,           ///< leave it: finished, not due, or leased to another executor
  handed_over,     ///< mark it dead: an executor disappeared after handing it over, and it must not happen twice
  expired,         ///< mark it dead: too late to be useful
  attempts_spent,  ///< mark it dead: too many attempts
  run,             ///< take a lease and run it
};

/// Decides about a job in the database at `now`. All times are inclusive: at exactly that time a lease has ended, and a
/// job is due or expired.
ClaimVerdict judge_claim(const Job& job, Time now);

/// The state of a job after an attempt. Ordered by precedence: the first that applies wins.
enum class AttemptVerdict {
  done,
  unknown,  ///< dead: it may have happened, and must not happen twice
  refused,  ///< dead: permanent failure
  attempts_spent,  ///< dead
  expired,  ///< dead: the next attempt would come too late
  retry,  ///< ready again, at the time of the next attempt
};

/// Decides about a running job after an attempt. `next_attempt_at` is the time of the next attempt, if there is one.
AttemptVerdict judge_attempt(const Job& job, Delivery delivery, Time next_attempt_at);

/// The delay after attempt number `attempts` (from 1). It grows from five seconds to four hours. `jitter`, a random
/// number from 0 to 999, adds up to a fifth of it, so that jobs that failed together are not retried together.
Duration delay_after(std::int64_t attempts, std::uint32_t jitter);

}  // namespace ostiary::delivery
