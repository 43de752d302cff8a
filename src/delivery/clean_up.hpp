#pragma once

#include <functional>

#include "base/time.hpp"
#include "storage/database.hpp"

namespace ostiary::delivery {

/// How long data is kept after it is no longer needed.
struct Retention {
  std::chrono::hours done_jobs{7 * 24};
  std::chrono::hours dead_jobs{30 * 24};
  std::chrono::hours events{7 * 24};  ///< in the outbox if there is no broker; published ones are deleted at once
  std::chrono::hours code_guesses{24};
  std::chrono::hours texts{24};  ///< what the caps count
  std::chrono::hours sessions{30 * 24};  ///< with refresh chains, after they ended or reached their maximum lifetime
  std::chrono::hours login_attempts{90 * 24};
  std::chrono::hours devices{366 * 24};  ///< after the last login: a day longer than the cookie
};

struct CleanedUp {
  std::int64_t rows = 0;  ///< deleted rows
  bool left_some = false;  ///< there may be more: call it again
};

/// Deletes what is past its retention at `now`, and registrations that were never completed: about a hundred rows of
/// each kind, each kind in its own short transaction. It starts no further transaction when `stops` returns true. Safe
/// to call concurrently.
CleanedUp clean_up(
    Database& db, const Retention& retention, Time now, const std::function<bool()>& stops = [] { return false; });

}  // namespace ostiary::delivery
