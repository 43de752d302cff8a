#include "accounts/verify_email.hpp"

#include "accounts/codes.hpp"
#include "accounts/create_account.hpp"
#include "accounts/statements.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

using statements::PendingRow;

constexpr std::string_view purpose = "verify_email";

std::unexpected<Refused> unknown_registration() {
  return refuse(Refusal::verification_unknown, "This registration is not known, or its day is over: register again.");
}

/// Of a guess that counts. What follows, when attempts are spent, stands in the program's log only: nobody fills the
/// audit log with it.
void record_refusal(Transaction& tx, const Deps& deps, const Call& call, const PendingRow& pending, Refusal why) {
  deps.sessions.audit.record(tx, call,
                             {.action = "user.verify_email",
                              .outcome = audit::Outcome::refused,
                              .user = pending.user_id,
                              .reason = name_of(why),
                              .metadata = {{"verification_id", to_string(pending.id)}}});
}

/// Makes the account of a registration that was proven, and signs it in.
Result<v1::TokenReply> activate(Transaction& tx, const Deps& deps, const Call& call, const PendingRow& pending,
                                Time now) {
  // Made by another way since the code was sent: an administrator's command.
  if (tx.optional(statements::find_owner, pending.email_canonical)) return unknown_registration();
  if (pending.username_skeleton && tx.optional(statements::find_username, *pending.username_skeleton)) {
    return refuse(Refusal::username_taken, "This username was taken meanwhile: register again with another.",
                  "username");
  }
  for (const auto& other : tx.all(statements::surplus_pending, pending.email_canonical, 0)) {
    tx.execute(statements::delete_pending, other.id);
    if (other.user_id != pending.user_id) deps.data_keys.destroy(tx, other.user_id);
  }
  const auto user =
      create_account(tx, deps, call,
                     {pending.user_id, pending.email, pending.email_canonical, true, pending.username,
                      pending.username_skeleton, pending.password_hash, pending.display_name, pending.locale},
                     pending.user_id, now);
  return sessions::complete_sign_in(tx, deps.sessions, call, user, {"email"}, now);
}

/// What was refused for its age stays refused, also when the clock is set back.
void expire(Transaction& tx, const PendingRow& pending) {
  tx.execute(statements::expire_code, pending.id, Time(std::chrono::seconds(1)));
}

/// The wrong guesses for an address that count still, the oldest first; no more than the budget has.
std::vector<statements::GuessRow> guesses_at(Transaction& tx, const Deps& deps, const PendingRow& pending, Time now) {
  return tx.all(statements::recent_guesses, guess_key(deps, pending.email_canonical), std::string(purpose),
                now - deps.policy.guess_window, deps.policy.guesses_per_window);
}

PresentedCode facts_about(Transaction& tx, const Deps& deps, const PendingRow& pending, std::string_view code,
                          Time now) {
  const auto guesses = static_cast<std::int64_t>(guesses_at(tx, deps, pending, now).size());
  return {pending.expires_at, pending.code_expires_at, pending.code_attempts, guesses,
          is_code(deps, pending, code) && !pending.is_decoy};
}

std::unexpected<Refused> wrong_code(std::int64_t attempts_left) {
  auto refused = refuse(Refusal::wrong_code, "This is not the code that was mailed.", "code");
  refused.error().facts.emplace_back("attempts_left", attempts_left);
  return refused;
}

std::unexpected<Refused> refusal_for(CodeVerdict verdict) {
  switch (verdict) {
    case CodeVerdict::budget_spent:
      return refuse(Refusal::code_budget_spent,
                    "Too many wrong codes for this address today: use the link in the mail.", "code");
    case CodeVerdict::attempts_spent:
      return refuse(Refusal::code_attempts_spent, "Too many wrong attempts: ask for a new code.", "code");
    case CodeVerdict::expired: return refuse(Refusal::code_expired, "The code has expired: ask for a new one.", "code");
    default: return unknown_registration();
  }
}

Result<v1::TokenReply> verify_by_code(Deps& deps, const Call& call, const v1::VerifyEmailRequest& request) {
  const auto id = parse_id<VerificationId>(request.verification_id());
  if (!id) return unknown_registration();
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto pending = tx.optional(statements::find_pending, *id);
    const auto code = pending ? std::optional(facts_about(tx, deps, *pending, request.code(), now)) : std::nullopt;
    const auto verdict = judge_code(code, deps.policy, now);
    if (verdict == CodeVerdict::right) return activate(tx, deps, call, *pending, now);
    if (verdict == CodeVerdict::unknown && !pending) return unknown_registration();
    if (verdict == CodeVerdict::unknown || verdict == CodeVerdict::expired) expire(tx, *pending);
    if (verdict == CodeVerdict::unknown) return tx.keep(unknown_registration());
    if (verdict == CodeVerdict::wrong) {
      tx.execute(statements::count_attempt, pending->id);
      tx.execute(statements::insert_guess, deps.sessions.ids.make_uuid(), guess_key(deps, pending->email_canonical),
                 std::string(purpose), now);
      record_refusal(tx, deps, call, *pending, Refusal::wrong_code);
      return tx.keep(wrong_code(deps.policy.attempts_per_code - pending->code_attempts - 1));
    }
    auto refused = refusal_for(verdict);
    if (verdict == CodeVerdict::budget_spent) {
      const Time free_at = guesses_at(tx, deps, *pending, now).front().guessed_at + deps.policy.guess_window;
      refused.error().retry_after = std::chrono::ceil<std::chrono::seconds>(free_at - now);
    }
    return tx.keep(refused);
  });
}

std::optional<PresentedLink> facts_about(const Call& call, const std::optional<PendingRow>& pending,
                                         std::optional<bool> password_right) {
  if (!pending || pending->is_decoy) return std::nullopt;
  const bool same_device = call.device && call.device->hash == pending->device_hash;
  return PresentedLink{pending->expires_at, pending->code_expires_at, same_device, password_right};
}

Result<v1::TokenReply> verify_by_link(Deps& deps, const Call& call, const v1::VerifyEmailRequest& request) {
  const Time now = deps.sessions.clock.now();
  const Digest hash = link_hash_of(request.token());
  using Found = Result<std::optional<PendingRow>>;
  const auto before = *deps.sessions.db.read(
      [&](Transaction& tx) -> Found { return tx.optional(statements::find_pending_by_link, hash); });
  std::optional<bool> password_right;
  if (before && request.has_password()) {
    password_right = deps.sessions.hasher.verify(Secret(request.password()), before->password_hash);
  }
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto pending = tx.optional(statements::find_pending_by_link, hash);
    switch (judge_link(facts_about(call, pending, password_right), now)) {
      case LinkVerdict::invalid:
        if (pending) expire(tx, *pending);
        return tx.keep(refuse(Refusal::link_invalid,
                              "This link is not known, was used, or has expired: ask for a new one.", "token"));
      case LinkVerdict::password_required:
        return refuse(Refusal::password_required,
                      "This is not the browser that registered: send the password of the registration too.",
                      "password");
      case LinkVerdict::wrong_password:
        record_refusal(tx, deps, call, *pending, Refusal::wrong_credentials);
        return tx.keep(refuse(Refusal::wrong_credentials, "This is not the password of the registration.", "password"));
      case LinkVerdict::right: return activate(tx, deps, call, *pending, now);
    }
    throw std::logic_error("a verdict without an answer");
  });
}

}  // namespace

Result<v1::TokenReply> verify_email(Deps& deps, const Call& call, const v1::VerifyEmailRequest& request) {
  if (request.has_token()) {
    if (request.has_code()) return refuse(Refusal::invalid_field, "Send a code or a token, not both.", "token");
    return verify_by_link(deps, call, request);
  }
  if (!request.has_code()) return refuse(Refusal::missing_field, "Send the code, or the link's token.", "code");
  if (!request.has_verification_id()) {
    return refuse(Refusal::missing_field, "Send the verification_id that registration gave.", "verification_id");
  }
  return verify_by_code(deps, call, request);
}

}  // namespace ostiary::accounts
