#include "factors/changed_factor.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/statements.hpp"
#include "delivery/outbox.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/pending_login.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

void note_changed_factor(Transaction& tx, const Deps& deps, const Call& call, const FactorChange& change, Time now) {
  const auto& room = deps.accounts.sessions;
  const auto touched = tx.one(accounts::statements::touch_user, change.user, now);
  delivery::announce(tx, room.ids, now,
                     {"user.factors_changed",
                      change.user.uuid,
                      touched.version,
                      {{"user_id", to_string(change.user)}, {"change", std::string(change.action)}}});
  room.audit.record(tx, call, {.action = std::string(change.action), .user = change.user, .actor = change.user});
  accounts::order_security_notice(tx, deps.accounts, call, change.user, change.notice, now, change.values);
}

Result<void> settle_removed_factor(Transaction& tx, const Deps& deps, UserId user, Time now) {
  if (!methods_of(tx, deps, user, now).empty()) return {};
  const auto& room = deps.accounts.sessions;
  if (sessions::must_have_factor(room.second_step, sessions::roles_of(tx, user))) {
    return refuse(Refusal::enrolment_required,
                  "The account must have a second factor: add another one before this one is removed.");
  }
  tx.send(accounts::statements::delete_backup_codes_of, user, Time());
  sessions::forget_remembered_devices(tx, user);
  return {};
}

std::vector<std::string> methods_of(Transaction& tx, const Deps& deps, UserId user, Time now) {
  const bool sms = deps.accounts.sessions.second_step.sms;
  return sessions::methods_of(tx.one(sessions::statements::find_factors, user, Digest{}, now, sms));
}

void end_other_sessions(Transaction& tx, const Deps& deps, const Call& call, Time now) {
  const auto& caller = call.person();
  const auto ended =
      sessions::end_sessions_of(tx, deps.accounts.sessions, caller.user_id, caller.session_id, "factors_changed", now);
  if (ended == 0) return;
  deps.accounts.sessions.audit.record(
      tx, call,
      {.action = "session.revoke_others", .user = caller.user_id, .metadata = {{"ended", std::to_string(ended)}}});
}

}  // namespace ostiary::factors
