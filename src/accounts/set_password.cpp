#include "accounts/set_password.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/codes.hpp"
#include "accounts/create_account.hpp"
#include "crypto/password_hash.hpp"
#include "delivery/outbox.hpp"
#include "passwords/decoys.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/no_such_user.hpp"
#include "sessions/pending_login.hpp"

namespace ostiary::accounts {

namespace {

Result<statements::AccountRow> find(Transaction& tx, UserId user) {
  auto row = tx.optional(statements::find_account, user);
  if (!row) return sessions::no_such_user();
  return *std::move(row);
}

/// What is known of a person and therefore no part of a good password.
std::vector<std::string> own_words(const Deps& deps, const statements::AccountRow& account) {
  return {account.email.value_or(""), account.username.value_or(""), account.display_name, deps.service_name};
}

/// Resets of an earlier address name an account that the address is not of any more, and are refused for that.
void drop_open_resets(Transaction& tx, UserId user) {
  const auto account = tx.one(statements::find_account, user);
  if (account.email_canonical) drop_challenges(tx, reset_password_purpose, *account.email_canonical);
}

}  // namespace

Result<void> check_new_password(const Deps& deps, const statements::AccountRow& account, std::string_view password) {
  return check_password(deps.sessions.hasher.parameters().algorithm, password, own_words(deps, account),
                        "new_password");
}

std::int64_t replace_password(Transaction& tx, const Deps& deps, const Call& call, const NewPassword& password,
                              Time now) {
  const auto& room = deps.sessions;
  const UserId user = password.user;
  tx.execute(statements::set_password, user, password.hash, crypto::cost_of(password.hash), passwords::sample_of(user),
             now);
  sessions::forget_remembered_devices(tx, user);
  const auto ended =
      password.keep_sessions ? 0 : sessions::end_sessions_of(tx, room, user, password.spared, "password_changed", now);
  drop_open_resets(tx, user);
  const auto touched = tx.one(statements::touch_user, user, now);
  delivery::announce(tx, room.ids, now,
                     {"user.password_changed", user.uuid, touched.version, {{"user_id", to_string(user)}}});
  room.audit.record(tx, call,
                    {.action = password.action,
                     .user = user,
                     .actor = password.actor,
                     .metadata = {{"ended_sessions", std::to_string(ended)}}});
  order_security_notice(tx, deps, call, user, "password_changed", now);
  return ended;
}

Result<std::int64_t> set_password(const Deps& deps, const Call& call, UserId user, const Secret& password) {
  const auto& room = deps.sessions;
  const auto account = room.db.read([&](Transaction& tx) { return find(tx, user); });
  if (!account) return std::unexpected(account.error());
  const auto checked = check_password(room.hasher.parameters().algorithm, password.reveal(), own_words(deps, *account));
  if (!checked) return std::unexpected(checked.error());
  const std::string hash = room.hasher.hash(password);
  const Time now = room.clock.now();
  return room.db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
    if (const auto still = find(tx, user); !still) return std::unexpected(still.error());
    return replace_password(tx, deps, call, {.user = user, .hash = hash, .action = "user.set_password"}, now);
  });
}

}  // namespace ostiary::accounts
