#include "factors/reauthenticate.hpp"

#include "factors/backup_codes.hpp"
#include "factors/changed_factor.hpp"
#include "factors/fresh_login.hpp"
#include "factors/guesses.hpp"
#include "factors/totp.hpp"
#include "factors/webauthn_assertion.hpp"
#include "sessions/freshness.hpp"
#include "sessions/pending_login.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

using sessions::statements::LoginRow;

/// The caller's account with what it signs in with.
struct Account {
  LoginRow row;
  std::vector<std::string> factors;

  std::string methods() const { return sessions::words_of_fresh_login(row.password_hash.has_value(), factors); }
};

Result<Account> find_account(Transaction& tx, UserId user, Time now) {
  auto row = tx.optional(sessions::statements::find_login, user);
  if (!row || row->status != "active") return refuse(Refusal::session_ended, "The session has ended: sign in again.");
  return Account{*std::move(row), sessions::renewing_methods_of(tx, user, now)};
}

std::unexpected<Refused> needs(const Account& account, std::string detail, std::string field) {
  auto refused = refuse(Refusal::missing_field, std::move(detail), std::move(field));
  refused.error().facts.emplace_back("methods", account.methods());
  return refused;
}

/// A security key or passkey that was presented.
std::optional<PresentedAssertion> present_credential(const Deps& deps, const Call& call,
                                                     const v1::ReauthenticateRequest& request, Time now) {
  if (!request.has_credential()) return std::nullopt;
  const ChallengeUse use{ChallengeUse::Purpose::reauthenticate, call.person().session_id.uuid.bytes};
  auto presented = *deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<PresentedAssertion> {
    return read_assertion(tx, request.credential(), use, now);
  });
  verify_assertion(deps, presented, request.credential(), false);
  return presented;
}

/// Whether it is the user's and verified them, so that it stands for the password, too.
bool is_whole_login(const std::optional<PresentedAssertion>& presented, UserId user) {
  return presented && presented->credential && presented->credential->user_id == user &&
         presented->verified.verdict == crypto::WebAuthnVerdict::accepted && presented->verified.user_verified;
}

Result<void> require_all(const Account& account, const v1::ReauthenticateRequest& request, bool whole_login) {
  const FreshLoginFacts facts{
      .has_password = account.row.password_hash.has_value(),
      .has_factor = !account.factors.empty(),
      .password_given = request.has_password() || whole_login,
      .factor_given = request.has_code() || request.has_backup_code() || request.has_credential()};
  switch (judge_fresh_login(facts)) {
    case FreshLoginVerdict::impossible:
      return refuse(Refusal::factor_missing, "The account has nothing to present here: sign in again.");
    case FreshLoginVerdict::password_needed: return needs(account, "Send the password.", "password");
    case FreshLoginVerdict::factor_needed: return needs(account, "Send a code of a second factor as well.", "code");
    case FreshLoginVerdict::complete: return {};
  }
  throw std::logic_error("a verdict without an answer");
}

std::unexpected<Refused> refuse_credential() {
  return refuse(Refusal::wrong_assertion, "The passkey was not accepted. Ask for new options and try again.",
                "credential");
}

void record_refusal(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view why) {
  deps.accounts.sessions.audit.record(
      tx, call, {.action = "session.reauthenticate", .outcome = audit::Outcome::refused, .user = user, .reason = why});
}

std::unexpected<Refused> wrong_password(Transaction& tx, const Deps& deps, const Call& call, UserId user) {
  record_refusal(tx, deps, call, user, name_of(Refusal::wrong_credentials));
  return tx.keep(refuse(Refusal::wrong_credentials, "This is not the password of the account.", "password"));
}

/// Spends the factor that was given; the word for amr.
Result<std::string> spend_factor(Transaction& tx, const Deps& deps, const Call& call, UserId user,
                                 const v1::ReauthenticateRequest& request, std::optional<PresentedAssertion> presented,
                                 Time now) {
  if (auto spent = refuse_spent_budget(tx, deps, call, user, now)) return *std::move(spent);
  if (presented) {
    const auto verdict = settle_assertion(tx, *presented, request.credential(), user, now);
    if (verdict == AssertionVerdict::accepted) return presented->method();
    if (verdict == AssertionVerdict::unknown_challenge) return refuse_credential();
    count_wrong_factor(tx, deps, call, user, now);
    record_refusal(tx, deps, call, user, presented->reason(verdict));
    return tx.keep(refuse_credential());
  }
  if (request.has_code()) {
    const auto tried = try_totp(tx, deps, user, request.code(), now);
    if (tried == TriedCode::right) return "otp";
    if (tried == TriedCode::used) {
      return refuse(Refusal::wrong_code, "This code was used before: wait for the next one.", "code");
    }
  } else if (use_backup_code(tx, deps, call, user, request.backup_code(), now)) {
    return "backup";
  }
  count_wrong_factor(tx, deps, call, user, now);
  record_refusal(tx, deps, call, user, name_of(Refusal::wrong_code));
  return tx.keep(
      refuse(Refusal::wrong_code, "This is not the right second factor.", request.has_code() ? "code" : "backup_code"));
}

}  // namespace

Result<v1::TokenReply> reauthenticate(Deps& deps, const Call& call, const v1::ReauthenticateRequest& request) {
  const auto& room = deps.accounts.sessions;
  const UserId user = call.person().user_id;
  const Time now = room.clock.now();
  const auto before = room.db.read([&](Transaction& tx) { return find_account(tx, user, now); });
  if (!before) return std::unexpected(before.error());
  const auto presented = present_credential(deps, call, request, now);
  const bool whole_login = is_whole_login(presented, user);
  if (const auto all = require_all(*before, request, whole_login); !all) return std::unexpected(all.error());
  const auto& hash = before->row.password_hash;
  const bool needs_password = hash && !(whole_login && !request.has_password());
  const bool password_right = !needs_password || room.hasher.verify(Secret(request.password()), *hash);

  return room.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto account = find_account(tx, user, now);
    if (!account) return std::unexpected(account.error());
    // What was verified a moment ago must still be what is stored.
    if (const auto all = require_all(*account, request, whole_login); !all) return std::unexpected(all.error());
    const bool same = account->row.password_changed_at == before->row.password_changed_at;
    if (!password_right || !same) return wrong_password(tx, deps, call, user);
    std::vector<std::string> amr;
    if (needs_password) amr.emplace_back("pwd");
    if (!account->factors.empty() || presented) {
      auto word = spend_factor(tx, deps, call, user, request, presented, now);
      if (!word) return std::unexpected(word.error());
      amr.push_back(*std::move(word));
      if (whole_login) amr.emplace_back("user");
    }
    if (amr.size() > 1) amr.emplace_back(sessions::multi_factor);
    const auto& row = account->row;
    return sessions::renew_session(
        tx, room, call,
        {row.id, row.email, row.email_verified, row.username, row.status, row.created_at, row.display_name},
        call.person().session_id, amr, now);
  });
}

std::string fresh_login_methods(const Deps& deps, const Person& user) {
  const auto& room = deps.accounts.sessions;
  const auto account = room.db.read([&](Transaction& tx) { return find_account(tx, user.user_id, room.clock.now()); });
  return account ? account->methods() : std::string();
}

bool lacks_second_factor(const Deps& deps, const Person& user) {
  if (sessions::has_second_factor(user)) return false;
  const auto& room = deps.accounts.sessions;
  return *room.db.read([&](Transaction& tx) -> Result<bool> {
    return !sessions::renewing_methods_of(tx, user.user_id, room.clock.now()).empty();
  });
}

}  // namespace ostiary::factors
