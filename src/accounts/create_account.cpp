#include "accounts/create_account.hpp"

#include "accounts/statements.hpp"
#include "crypto/password_hash.hpp"
#include "delivery/outbox.hpp"
#include "passwords/decoys.hpp"
#include "passwords/policy.hpp"

namespace ostiary::accounts {

sessions::statements::UserRow create_account(Transaction& tx, const Deps& deps, const Call& call,
                                             const NewAccount& account, std::optional<UserId> actor, Time now) {
  using Text = std::optional<std::string>;
  const auto& email = account.email;
  const auto& name = account.username;
  deps.data_keys.create(tx, account.id);
  tx.execute(statements::insert_user, account.id, email ? Text(email->given) : Text(),
             email ? Text(email->canonical) : Text(), account.email_verified, name ? Text(name->given) : Text(),
             name ? Text(name->canonical) : Text(), name ? Text(name->skeleton) : Text(),
             name ? Text(limits::skeleton_version()) : Text(), now);
  if (account.password_hash) {
    tx.execute(statements::insert_password, account.id, *account.password_hash, crypto::cost_of(*account.password_hash),
               passwords::sample_of(account.id), now);
  }
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

std::unexpected<Refused> enrolment_required() {
  return refuse(Refusal::enrolment_required,
                "The account is ready, and must have a second factor: sign in with the password to enrol one.");
}

bool is_username_taken(Transaction& tx, const limits::Username& username, const std::string& email_canonical,
                       Time now) {
  return has_account(tx, username) ||
         tx.optional(statements::find_reserved_skeleton, username.skeleton, email_canonical, now);
}

bool has_account(Transaction& tx, const limits::Username& username) {
  return tx.optional(statements::find_username, username.canonical) ||
         tx.optional(statements::find_skeleton, username.skeleton);
}

Result<limits::Username> checked_username(std::string_view username) {
  const auto verdict = limits::judge_username(username);
  if (verdict == limits::UsernameVerdict::acceptable) return limits::username_forms(username);
  return refuse(Refusal::invalid_field, std::string(limits::explain(verdict)), "username");
}

Result<void> check_password(crypto::PasswordParameters::Algorithm algorithm, std::string_view password,
                            const std::vector<std::string>& own_words, std::string_view field) {
  auto judgment = passwords::judge_password(password, own_words, crypto::longest_password(algorithm));
  switch (judgment.verdict) {
    case passwords::PasswordVerdict::acceptable: return {};
    case passwords::PasswordVerdict::too_guessable:
      return refuse(Refusal::weak_password, std::move(judgment.advice), std::string(field));
    default: return refuse(Refusal::invalid_field, std::move(judgment.advice), std::string(field));
  }
}

}  // namespace ostiary::accounts
