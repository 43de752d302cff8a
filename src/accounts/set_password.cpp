#include "accounts/set_password.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/create_account.hpp"
#include "accounts/statements.hpp"
#include "crypto/password_hash.hpp"
#include "delivery/outbox.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/pending_login.hpp"

namespace ostiary::accounts {

namespace {

Result<statements::AccountRow> find(Transaction& tx, UserId user) {
  auto row = tx.optional(statements::find_account, user);
  if (!row) return refuse(Refusal::not_found, "There is no such user.");
  return *std::move(row);
}

}  // namespace

Result<std::int64_t> set_password(const Deps& deps, const Call& call, UserId user, const Secret& password) {
  const auto& room = deps.sessions;
  const auto account = room.db.read([&](Transaction& tx) { return find(tx, user); });
  if (!account) return std::unexpected(account.error());
  const auto checked = check_password(
      deps, password.reveal(),
      {account->email.value_or(""), account->username.value_or(""), account->display_name, deps.service_name});
  if (!checked) return std::unexpected(checked.error());
  const std::string hash = room.hasher.hash(password);
  const Time now = room.clock.now();
  return room.db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
    if (const auto still = find(tx, user); !still) return std::unexpected(still.error());
    tx.execute(statements::set_password, user, hash, crypto::cost_of(hash), now);
    sessions::forget_remembered_devices(tx, user);
    const auto ended = sessions::end_sessions_of(tx, room, user, std::nullopt, "password_changed", now);
    const auto touched = tx.one(statements::touch_user, user, now);
    delivery::announce(tx, room.ids, now,
                       {"user.password_changed", user.uuid, touched.version, {{"user_id", to_string(user)}}});
    room.audit.record(
        tx, call,
        {.action = "user.set_password", .user = user, .metadata = {{"ended_sessions", std::to_string(ended)}}});
    order_security_notice(tx, deps, call, user, "password_changed", now);
    return ended;
  });
}

}  // namespace ostiary::accounts
