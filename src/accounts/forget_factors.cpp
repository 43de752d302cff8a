#include "accounts/forget_factors.hpp"

#include "accounts/account_mail.hpp"
#include "delivery/outbox.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/no_such_user.hpp"
#include "sessions/pending_login.hpp"
#include "sessions/statements.hpp"

namespace ostiary::accounts {

void forget_factors(Transaction& tx, UserId user, Time since) {
  tx.execute(statements::delete_webauthn_credentials, user, since);
  tx.execute(statements::delete_totp_of, user, since);
  tx.execute(statements::delete_backup_codes_of, user, since);
  tx.execute(statements::delete_phone, user, since);
  if (const auto change = tx.optional(statements::find_phone_change, user)) {
    tx.execute(statements::delete_challenge, change->id);
  }
  const auto left = tx.one(sessions::statements::find_factors, user, Digest{}, Time(), true);
  if (sessions::methods_of(left).empty()) tx.execute(statements::delete_backup_codes_of, user, Time());
}

Result<std::int64_t> remove_factors(const Deps& deps, const Call& call, UserId user) {
  const auto& room = deps.sessions;
  const Time now = room.clock.now();
  return room.db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
    if (!tx.optional(statements::find_account, user)) return sessions::no_such_user();
    forget_factors(tx, user, Time());
    sessions::forget_remembered_devices(tx, user);
    const auto ended = sessions::end_sessions_of(tx, room, user, std::nullopt, "factors_removed", now);
    const auto touched = tx.one(statements::touch_user, user, now);
    delivery::announce(
        tx, room.ids, now,
        {"user.factors_changed", user.uuid, touched.version, {{"user_id", to_string(user)}, {"change", "remove_all"}}});
    room.audit.record(
        tx, call,
        {.action = "user.remove_factors", .user = user, .metadata = {{"ended_sessions", std::to_string(ended)}}});
    order_security_notice(tx, deps, call, user, "factors_removed", now);
    return ended;
  });
}

}  // namespace ostiary::accounts
