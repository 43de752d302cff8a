#include "accounts/forgot_password.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/codes.hpp"
#include "accounts/password_reset.hpp"
#include "accounts/statements.hpp"
#include "base/named_duration.hpp"
#include "limits/email_address.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

using statements::ChallengeRow;
using statements::ForgetfulRow;

/// Whoever gets a code for `address`, if anybody does.
std::optional<ForgetfulRow> find_recipient(Transaction& tx, const std::string& address) {
  auto owner = tx.optional(statements::find_forgetful, address);
  const auto status = owner ? std::optional<std::string_view>(owner->status) : std::nullopt;
  if (judge_forgotten(status) != ForgottenVerdict::mails) return std::nullopt;
  return owner;
}

FreshCode make_reset_code(const Deps& deps, VerificationId id, const std::string& address, bool is_decoy) {
  return is_decoy ? make_unknowable_code(deps) : make_code(deps, reset_password_purpose, id, address);
}

/// Nobody's mail is ordered as well, and then not sent: there is no hash here beside which the missing order would not
/// be noticed.
void order_reset_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh,
                      const std::optional<ForgetfulRow>& owner, Time now) {
  const NamedDuration lifetime = name_duration(deps.code_policy.code_lifetime);
  const std::string to = owner ? owner->email.value() : "";
  order_mail(tx, deps,
             {.owner = owner ? std::optional(owner->id) : std::nullopt,
              .kind = "reset_password",
              .to = to,
              .locale = owner ? owner->locale : "en",
              .values = {{"code", std::string(fresh.code.reveal())},
                         // The page shows the address, and goes by the token alone.
                         {"link", link_with_token(deps, "/reset-password", fresh.link_token, to)},
                         {"minutes", lifetime.minutes},
                         {"seconds", lifetime.seconds},
                         {"display_name", owner ? owner->display_name : ""},
                         {"service_name", deps.service_name}},
              .expires_at = now + deps.code_policy.code_lifetime,
              .once = true,
              .decoy = !owner},
             now);
}

v1::ForgotPasswordReply reply_with(VerificationId id, const CodeTimes& times) {
  v1::ForgotPasswordReply reply;
  reply.set_reset_id(to_string(id));
  sessions::set_time(*reply.mutable_expires_at(), times.expires_at);
  sessions::set_time(*reply.mutable_resend_at(), times.resend_at);
  return reply;
}

/// A reset whose code may be sent again now.
Result<ChallengeRow> find_resendable(Transaction& tx, const Deps& deps, std::optional<VerificationId> id, Time now) {
  const auto row =
      id ? tx.optional(statements::find_challenge, *id, std::string(reset_password_purpose)) : std::nullopt;
  if (!row || now >= row->expires_at) return unknown_reset();
  if (const auto wait = wait_for_resend(row->resend_at, deps.code_policy, now)) {
    return refuse_for(Refusal::resend_too_early, *wait, "A code was sent a moment ago.");
  }
  return *row;
}

}  // namespace

std::unexpected<Refused> unknown_reset() {
  return refuse(Refusal::verification_unknown, "This reset is unknown or has expired: ask for another one.",
                "reset_id");
}

v1::ForgotPasswordReply begin_reset(Transaction& tx, const Deps& deps, const Call& call, const std::string& address,
                                    Time now) {
  const auto id = deps.sessions.ids.make<VerificationId>();
  const auto owner = find_recipient(tx, address);
  const auto user = owner ? std::optional(owner->id) : std::nullopt;
  const FreshCode fresh = make_reset_code(deps, id, address, !owner);
  drop_challenges(tx, reset_password_purpose, address, deps.policy.pending_per_address - 1);
  const NewChallenge challenge{id, reset_password_purpose, user, address, {}, deps.policy.pending_lifetime};
  const auto times = write_challenge(tx, deps, challenge, fresh, now);
  order_reset_mail(tx, deps, fresh, owner, now);
  // No audit row: strangers can do this at will.
  deps.sessions.audit.log_only(tx, call,
                               {.action = "user.forgot_password",
                                .user = user,
                                .reason = owner ? "mailed" : "nobody",
                                .metadata = {{"reset_id", to_string(id)}}});
  return reply_with(id, times);
}

Result<v1::ForgotPasswordReply> forgot_password(Deps& deps, const Call& call,
                                                const v1::ForgotPasswordRequest& request) {
  const auto email = limits::parse_email(request.email());
  if (!email) return refuse(Refusal::invalid_field, "This is not an email address.", "email");
  const Time now = deps.sessions.clock.now();
  auto mail = reserve_mail(deps, email->canonical, call);
  if (!mail) return std::unexpected(mail.error());
  auto reply = deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ForgotPasswordReply> {
    return begin_reset(tx, deps, call, email->canonical, now);
  });
  if (reply) mail->keep();
  return reply;
}

Result<v1::ForgotPasswordReply> resend_reset_code(Deps& deps, const Call& call,
                                                  const v1::ResendResetCodeRequest& request) {
  const Time now = deps.sessions.clock.now();
  const auto id = parse_id<VerificationId>(request.reset_id());
  const auto find = [&](Transaction& tx) { return find_resendable(tx, deps, id, now); };
  // Asked first, for the address; and again in the transaction, for another resend may have come between.
  const Result<ChallengeRow> asked = deps.sessions.db.read(find);
  if (!asked) return std::unexpected(asked.error());
  auto mail = reserve_mail(deps, asked->subject, call);
  if (!mail) return std::unexpected(mail.error());
  auto reply = deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ForgotPasswordReply> {
    const Result<ChallengeRow> reset = find(tx);
    if (!reset) return std::unexpected(reset.error());
    auto owner = find_recipient(tx, reset->subject);
    // What began as a decoy stays one, and so does what began when the address was another account's.
    if (owner && reset->user_id != owner->id) owner.reset();
    const FreshCode fresh = make_reset_code(deps, *id, reset->subject, !owner);
    const auto times = renew_code(tx, deps, *id, fresh, now);
    order_reset_mail(tx, deps, fresh, owner, now);
    deps.sessions.audit.log_only(tx, call,
                                 {.action = "user.forgot_password", .user = reset->user_id, .reason = "again"});
    return reply_with(*id, times);
  });
  if (reply) mail->keep();
  return reply;
}

}  // namespace ostiary::accounts
