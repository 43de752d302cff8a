#include "accounts/reset_password.hpp"

#include "accounts/codes.hpp"
#include "accounts/forget_factors.hpp"
#include "accounts/forgot_password.hpp"
#include "accounts/password_reset.hpp"
#include "accounts/set_password.hpp"
#include "accounts/statements.hpp"
#include "base/encoding.hpp"
#include "delivery/outbox.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

using statements::ChallengeRow;

void record_wrong_code(Transaction& tx, const Deps& deps, const Call& call, const ChallengeRow& reset) {
  // The row about an account asks for its data key. A decoy must not be quicker.
  if (!reset.user_id) (void)deps.data_keys.has_key(tx, UserId{reset.id.uuid});
  deps.sessions.audit.record(tx, call,
                             {.action = "user.verify_reset_code",
                              .outcome = audit::Outcome::refused,
                              .user = reset.user_id,
                              .reason = name_of(Refusal::wrong_code),
                              .metadata = {{"reset_id", to_string(reset.id)}}});
}

v1::VerifyResetCodeReply exchange(Transaction& tx, const Deps& deps, const Call& call, const ChallengeRow& reset,
                                  const Secret& token, Time now) {
  const Time expires_at = now + reset_token_lifetime;
  tx.execute(statements::exchange_code, reset.id, link_hash_of(token.reveal()), deps.code_policy.attempts_per_code,
             expires_at);
  deps.sessions.audit.record(
      tx, call,
      {.action = "user.verify_reset_code", .user = reset.user_id, .metadata = {{"reset_id", to_string(reset.id)}}});
  v1::VerifyResetCodeReply reply;
  reply.set_reset_token(std::string(token.reveal()));
  sessions::set_time(*reply.mutable_expires_at(), expires_at);
  return reply;
}

/// The token of the request and which field it stands in.
struct Token {
  std::string_view text, field;
};

Result<Token> token_of(const v1::ResetPasswordRequest& request) {
  if (request.has_token() && request.has_reset_token()) {
    return refuse(Refusal::invalid_field, "Send a reset_token or a token, not both.", "token");
  }
  if (request.has_token()) return Token{request.token(), "token"};
  if (request.has_reset_token()) return Token{request.reset_token(), "reset_token"};
  return refuse(Refusal::missing_field, "Send the reset_token that the code gave, or the link's token.", "reset_token");
}

/// A reset whose token was presented, judged.
struct JudgedReset {
  std::optional<ChallengeRow> challenge;
  ResetVerdict verdict;
};

JudgedReset find_reset(Transaction& tx, const Digest& token_hash, Time now) {
  auto challenge = tx.optional(statements::find_challenge_by_link, token_hash, std::string(reset_password_purpose));
  if (!challenge) return {std::nullopt, judge_reset(std::nullopt, now)};
  const auto owner = tx.optional(statements::find_forgetful, challenge->subject);
  const PresentedReset reset{challenge->expires_at, challenge->code_expires_at,
                             owner && challenge->user_id == owner->id,
                             owner ? std::string_view(owner->status) : std::string_view()};
  const auto verdict = judge_reset(reset, now);
  return {std::move(challenge), verdict};
}

std::unexpected<Refused> refusal_of(ResetVerdict verdict, const Token& token) {
  if (verdict == ResetVerdict::disabled) return refuse(Refusal::account_disabled, "This account is disabled.");
  return refuse(Refusal::link_invalid, "This token is not known, was used, or has expired: ask for another code.",
                std::string(token.field));
}

/// The account of a token that is right. What has expired stays so if the clock is set back.
Result<statements::AccountRow> find_account_of(const Deps& deps, const Token& token, const Digest& hash, Time now) {
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<statements::AccountRow> {
    const auto reset = find_reset(tx, hash, now);
    if (reset.verdict == ResetVerdict::right) return tx.one(statements::find_account, *reset.challenge->user_id);
    if (reset.challenge && reset.verdict == ResetVerdict::invalid) expire(tx, *reset.challenge);
    return tx.keep(refusal_of(reset.verdict, token));
  });
}

/// The mail reached its reader, so the address is the owner's. Whoever used the account before had not proven it, and
/// keeps no way in (B37).
void prove_address(Transaction& tx, const Deps& deps, const Call& call, UserId user, Time now) {
  if (tx.one(statements::find_account, user).email_verified) return;
  forget_factors(tx, user, Time());
  const auto written = tx.one(statements::set_email_verified, user, now);
  deps.sessions.invalidation.publish(tx, user);
  delivery::announce(tx, deps.sessions.ids, now,
                     {"user.verified", user.uuid, written.version, {{"user_id", to_string(user)}}});
  deps.sessions.audit.record(tx, call, {.action = "user.verify_email", .user = user, .actor = user, .reason = "reset"});
}

}  // namespace

Result<v1::VerifyResetCodeReply> verify_reset_code(Deps& deps, const Call& call,
                                                   const v1::VerifyResetCodeRequest& request) {
  const auto id = parse_id<VerificationId>(request.reset_id());
  if (!id) return unknown_reset();
  const Time now = deps.sessions.clock.now();
  const Secret token(to_base64url(deps.sessions.random.bytes(32)));
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::VerifyResetCodeReply> {
    const auto reset = tx.optional(statements::find_challenge, *id, std::string(reset_password_purpose));
    if (!reset) return unknown_reset();
    const auto verdict = try_code(tx, deps, *reset, digits_of(request.code()), now);
    if (verdict == CodeVerdict::right) return exchange(tx, deps, call, *reset, token, now);
    if (verdict == CodeVerdict::unknown) return tx.keep(unknown_reset());
    if (verdict == CodeVerdict::wrong) record_wrong_code(tx, deps, call, *reset);
    return tx.keep(refusal_for(tx, deps, *reset, verdict, now));
  });
}

Result<v1::ResetPasswordReply> reset_password(Deps& deps, const Call& call, const v1::ResetPasswordRequest& request) {
  const auto token = token_of(request);
  if (!token) return std::unexpected(token.error());
  const Time now = deps.sessions.clock.now();
  const Digest token_hash = link_hash_of(token->text);
  const auto account = find_account_of(deps, *token, token_hash, now);
  if (!account) return std::unexpected(account.error());
  const auto checked = check_new_password(deps, *account, request.new_password());
  if (!checked) return std::unexpected(checked.error());
  const std::string hash = deps.sessions.hasher.hash(Secret(request.new_password()));

  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ResetPasswordReply> {
    const auto reset = find_reset(tx, token_hash, now);
    if (reset.verdict != ResetVerdict::right) return refusal_of(reset.verdict, *token);
    const UserId user = *reset.challenge->user_id;
    // First, so that the notice of the new password reaches the address.
    prove_address(tx, deps, call, user, now);
    replace_password(tx, deps, call, {.user = user, .hash = hash, .action = "user.reset_password", .actor = user}, now);
    return v1::ResetPasswordReply{};
  });
}

}  // namespace ostiary::accounts
