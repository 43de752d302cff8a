#include "accounts/create_account.hpp"

#include "accounts/statements.hpp"
#include "delivery/outbox.hpp"
#include "limits/username.hpp"
#include "passwords/policy.hpp"

namespace ostiary::accounts {

sessions::statements::UserRow create_account(Transaction& tx, const Deps& deps, const Call& call,
                                             const NewAccount& account, std::optional<UserId> actor, Time now) {
  tx.execute(statements::insert_user, account.id, account.email, account.email_canonical, account.email_verified,
             account.username, account.username_skeleton, now);
  if (account.password_hash) tx.execute(statements::insert_password, account.id, *account.password_hash, now);
  tx.execute(statements::insert_profile, account.id, account.display_name, account.locale, now);
  const auto& ids = deps.sessions.ids;
  delivery::announce(tx, ids, now, {"user.registered", account.id.uuid, 1, {{"user_id", to_string(account.id)}}});
  deps.sessions.audit.record(tx, call, {.action = "user.register", .user = account.id, .actor = actor});
  if (account.email_verified) {
    const auto touched = tx.one(statements::touch_user, account.id, now);
    delivery::announce(tx, ids, now,
                       {"user.verified", account.id.uuid, touched.version, {{"user_id", to_string(account.id)}}});
    deps.sessions.audit.record(tx, call, {.action = "user.verify_email", .user = account.id, .actor = actor});
  }
  return tx.one(sessions::statements::find_user, account.id);
}

bool is_username_taken(Transaction& tx, const std::string& skeleton, const std::string& email_canonical, Time now) {
  return tx.optional(statements::find_username, skeleton) ||
         tx.optional(statements::find_reserved_username, skeleton, email_canonical, now);
}

Result<std::string> checked_skeleton(std::string_view username) {
  const auto verdict = limits::judge_username(username);
  if (verdict == limits::UsernameVerdict::acceptable) return limits::username_skeleton(username);
  return refuse(Refusal::invalid_field, std::string(limits::explain(verdict)), "username");
}

Result<void> check_password(const Deps& deps, std::string_view password, const std::vector<std::string>& own_words) {
  const auto longest = crypto::longest_password(deps.sessions.hasher.parameters().algorithm);
  auto judgment = passwords::judge_password(password, own_words, longest);
  switch (judgment.verdict) {
    case passwords::PasswordVerdict::acceptable: return {};
    case passwords::PasswordVerdict::too_guessable:
      return refuse(Refusal::weak_password, std::move(judgment.advice), "password");
    default: return refuse(Refusal::invalid_field, std::move(judgment.advice), "password");
  }
}

}  // namespace ostiary::accounts
