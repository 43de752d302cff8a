#include "accounts/delete_account.hpp"

#include "accounts/change_status.hpp"
#include "accounts/forget_factors.hpp"
#include "accounts/pending_email_change.hpp"
#include "accounts/registration.hpp"
#include "accounts/statements.hpp"
#include "delivery/mails.hpp"
#include "delivery/outbox.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/forget_logins.hpp"
#include "sessions/no_such_user.hpp"

namespace ostiary::accounts {

namespace {

void delete_rows_of(Transaction& tx, UserId user) {
  tx.execute(statements::delete_password, user);
  tx.execute(statements::delete_profile, user);
  tx.execute(statements::delete_notice, user);
  tx.execute(statements::delete_roles_of, user);
  tx.execute(statements::delete_texts_of, user);
  forget_factors(tx, user, Time());
}

}  // namespace

Result<std::int64_t> delete_account(const Deps& deps, const Call& call, UserId user) {
  const auto& room = deps.sessions;
  const auto disabled = disable_account(deps, call, user);
  if (!disabled) return std::unexpected(disabled.error());
  // Most of the rows go in short transactions before the last one.
  const auto forget_some = [&](Transaction& tx) -> Result<bool> { return sessions::forget_some_logins(tx, user); };
  while (*room.db.transaction(forget_some)) {
  }
  const Time now = room.clock.now();
  return room.db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
    const auto account = tx.optional(statements::find_account, user);
    if (!account) return sessions::no_such_user();
    const auto ended =
        disabled->ended_sessions + sessions::end_sessions_of(tx, room, user, std::nullopt, "account_deleted", now);
    while (sessions::forget_some_logins(tx, user)) {
    }
    forget_email_changes(tx, user, now);
    if (account->email_canonical) release_address(tx, *account->email_canonical);
    delivery::cancel_mails(tx, user);
    delete_rows_of(tx, user);
    const auto written = tx.one(statements::empty_user, user, now);
    // From here on the audit log seals under the service's key.
    deps.data_keys.destroy(tx, user);
    room.invalidation.publish(tx, user);
    delivery::announce(tx, room.ids, now, {"user.deleted", user.uuid, written.version, {{"user_id", to_string(user)}}});
    room.audit.record(tx, call,
                      {.action = "user.delete", .user = user, .metadata = {{"ended_sessions", std::to_string(ended)}}});
    return ended;
  });
}

}  // namespace ostiary::accounts
