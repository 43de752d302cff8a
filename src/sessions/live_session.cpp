#include "sessions/live_session.hpp"

#include "sessions/statements.hpp"

namespace ostiary::sessions {

Result<void> require_live_session(Transaction& tx, const Person& person, Time now) {
  const auto session = tx.optional(statements::find_session, person.session_id);
  const auto user = tx.optional(statements::find_user, person.user_id);
  const bool alive = session && !session->ended_at && now < session->expires_at && user && user->status == "active";
  if (!alive) return refuse(Refusal::session_ended, "The session has ended.");
  return {};
}

}  // namespace ostiary::sessions
