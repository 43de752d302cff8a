#include "delivery/clean_up.hpp"

#include "delivery/statements.hpp"

namespace ostiary::delivery {
namespace {

/// How many rows a statement deletes at most. Who finds fewer, finds no more.
constexpr std::int64_t batch = 100;

}  // namespace

CleanedUp clean_up(Database& db, const Retention& retention, Time now, const std::function<bool()>& stops) {
  using namespace statements;
  CleanedUp cleaned;
  const auto delete_some = [&](Time before, const auto& deletion) {
    if (stops()) return;
    const auto deleted =
        db.transaction([&](Transaction& tx) -> Result<std::int64_t> { return tx.execute(deletion, before); });
    cleaned.rows += deleted.value();
    if (*deleted >= batch) cleaned.left_some = true;
  };
  delete_some(now - retention.done_jobs, delete_done_jobs);
  delete_some(now - retention.dead_jobs, delete_dead_jobs);
  delete_some(now, delete_published_events);
  delete_some(now - retention.events, delete_unpublished_events);  // no setting names a broker yet
  delete_some(now, delete_expired_challenges);
  delete_some(now, delete_expired_webauthn_challenges);
  delete_some(now, delete_expired_pending_logins);
  delete_some(now, delete_expired_remembered_devices);
  delete_some(now, delete_expired_email_undos);
  delete_some(now - retention.code_guesses, delete_code_guesses);
  delete_some(now - retention.texts, delete_texts);
  delete_some(now - retention.sessions, delete_old_sessions);
  delete_some(now - retention.sessions, delete_ended_sessions);
  delete_some(now - retention.login_attempts, delete_login_attempts);
  delete_some(now - retention.devices, delete_devices);
  return cleaned;
}

}  // namespace ostiary::delivery
