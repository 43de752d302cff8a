#pragma once

#include "base/time.hpp"
#include "storage/database.hpp"

namespace ostiary::delivery {

/// How long things are kept that nobody needs any more.
struct Retention {
  std::chrono::hours done_jobs{7 * 24};
  std::chrono::hours dead_jobs{30 * 24};
  std::chrono::hours code_guesses{24};
  std::chrono::hours sessions{30 * 24};  ///< after the end of their longest life, with their refresh tokens
  std::chrono::hours login_attempts{90 * 24};
};

/// Deletes what is past its retention at `now`, and registrations that were never completed together with the data
/// keys of their people. In transactions of a hundred rows; what one call does not manage is left for the next one.
/// Several may do this at once. Returns how many rows are gone.
std::int64_t clean_up(Database& db, const Retention& retention, Time now);

}  // namespace ostiary::delivery
