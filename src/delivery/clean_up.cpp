#include "delivery/clean_up.hpp"

#include "delivery/statements.hpp"

namespace ostiary::delivery {
namespace {

constexpr int most_batches = 50;

/// Runs each of the statements in one transaction, and that again while it finds rows.
template <class... Statements>
std::int64_t delete_in_batches(Database& db, Time before, const Statements&... deletions) {
  std::int64_t total = 0;
  for (int batch = 0; batch < most_batches; ++batch) {
    const auto deleted = db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
      return (std::int64_t{0} + ... + tx.execute(deletions, before));
    });
    if (deleted.value() == 0) break;
    total += *deleted;
  }
  return total;
}

}  // namespace

std::int64_t clean_up(Database& db, const Retention& retention, Time now) {
  using namespace statements;
  return delete_in_batches(db, now - retention.done_jobs, delete_done_jobs) +
         delete_in_batches(db, now - retention.dead_jobs, delete_dead_jobs) +
         delete_in_batches(db, now, delete_keys_of_expired_registrations, delete_expired_registrations) +
         delete_in_batches(db, now - retention.code_guesses, delete_code_guesses) +
         delete_in_batches(db, now - retention.sessions, delete_tokens_of_sessions) +
         delete_in_batches(db, now - retention.sessions, delete_sessions) +
         delete_in_batches(db, now - retention.login_attempts, delete_login_attempts);
}

}  // namespace ostiary::delivery
