#pragma once

#include <functional>

#include "base/time.hpp"
#include "storage/database.hpp"

namespace ostiary::delivery {

/// How long things are kept that nobody needs any more.
struct Retention {
  std::chrono::hours done_jobs{7 * 24};
  std::chrono::hours dead_jobs{30 * 24};
  std::chrono::hours events{7 * 24};  ///< in the outbox, where there is no broker; a published one goes at once
  std::chrono::hours code_guesses{24};
  std::chrono::hours sessions{30 * 24};  ///< after their end, or that of their longest life, with their refresh chains
  std::chrono::hours login_attempts{90 * 24};
  std::chrono::hours devices{366 * 24};  ///< after the last login: a day longer than the cookie, which each one renews
};

struct CleanedUp {
  std::int64_t rows = 0;  ///< that are gone
  bool left_some = false;  ///< there may be more: call it again
};

/// Deletes what is past its retention at `now`, and registrations that were never completed. Of each kind about a
/// hundred rows, in a transaction of their own, which takes milliseconds; it begins no other once `stops` says so.
/// Several may do this at once.
CleanedUp clean_up(
    Database& db, const Retention& retention, Time now, const std::function<bool()>& stops = [] { return false; });

}  // namespace ostiary::delivery
