#include "accounts/change_email.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/codes.hpp"
#include "accounts/pending_email_change.hpp"
#include "accounts/profile.hpp"
#include "accounts/registration_mail.hpp"
#include "base/named_duration.hpp"
#include "limits/email_address.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

using statements::AccountRow;
using statements::OwnerRow;

AddressVerdict judge(const AccountRow& account, const std::string& canonical, const std::optional<OwnerRow>& holder) {
  return judge_address({.is_current = account.email_canonical == canonical,
                        .is_verified = account.email_verified,
                        .holder = holder ? std::optional(holder->id) : std::nullopt},
                       account.id);
}

FreshCode code_for(const Deps& deps, AddressVerdict verdict, VerificationId id, const std::string& canonical) {
  if (verdict == AddressVerdict::taken) return make_unknowable_code(deps);
  return make_code(deps, change_email_purpose, id, canonical);
}

/// `decoy`: the address is another account's, and the mail is not sent.
void order_change_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh, const AccountRow& account,
                       const std::string& email, bool decoy, Time now) {
  const NamedDuration lifetime = name_duration(deps.code_policy.code_lifetime);
  order_mail(tx, deps,
             {.owner = account.id,
              .kind = "change_email",
              .to = email,
              .locale = account.locale,
              .values = {{"code", std::string(fresh.code.reveal())},
                         {"link", link_with_token(deps, "/confirm-email", fresh.link_token, email)},
                         {"minutes", lifetime.minutes},
                         {"seconds", lifetime.seconds},
                         {"display_name", account.display_name},
                         {"service_name", deps.service_name}},
              .expires_at = now + deps.code_policy.code_lifetime,
              .once = true,
              .decoy = decoy},
             now);
}

v1::ChangeEmailReply reply_for(VerificationId id, const CodeTimes& times) {
  v1::ChangeEmailReply reply;
  reply.set_change_id(to_string(id));
  sessions::set_time(*reply.mutable_expires_at(), times.expires_at);
  sessions::set_time(*reply.mutable_resend_at(), times.resend_at);
  return reply;
}

Result<v1::ChangeEmailReply> begin(Transaction& tx, const Deps& deps, const Call& call,
                                   const limits::EmailAddress& email, Time now) {
  const auto account = own_account(tx, call);
  if (!account) return std::unexpected(account.error());
  const auto holder = tx.optional(statements::find_holder, email.canonical, now);
  const auto verdict = judge(*account, email.canonical, holder);
  if (verdict == AddressVerdict::own) {
    return refuse(Refusal::invalid_field, "This is the address of your account already.", "new_email");
  }
  const auto id = deps.sessions.ids.make<VerificationId>();
  const FreshCode fresh = code_for(deps, verdict, id, email.canonical);
  tx.execute(statements::delete_email_change_of, account->id);
  const auto times = write_challenge(tx, deps,
                                     {id, change_email_purpose, account->id, email.canonical,
                                      call.device ? call.device->hash : Digest{}, deps.policy.pending_lifetime},
                                     fresh, now);
  tx.execute(statements::insert_email_change, id, account->id, call.person().session_id, email.given);
  const bool is_taken = verdict == AddressVerdict::taken;
  if (!is_taken || !order_address_notice(tx, deps, *holder, "email_change_notice", now)) {
    order_change_mail(tx, deps, fresh, *account, email.given, is_taken, now);
  }
  deps.sessions.audit.record(tx, call,
                             {.action = "user.change_email_begin",
                              .user = account->id,
                              .metadata = {{"change_id", to_string(id)}, {"new_email", email.given}}});
  return reply_for(id, times);
}

Result<EmailChange> find_to_resend(Transaction& tx, const Deps& deps, const Call& call, VerificationId id, Time now) {
  auto change = find_email_change(tx, id, call.person().user_id, now);
  if (!change) return no_such_email_change();
  if (const auto wait = wait_for_resend(change->challenge.resend_at, deps.code_policy, now)) {
    return refuse_for(Refusal::resend_too_early, *wait, "A code was sent a moment ago.");
  }
  return *std::move(change);
}

Result<v1::ChangeEmailReply> resend(Transaction& tx, const Deps& deps, const Call& call, VerificationId id, Time now) {
  const auto change = find_to_resend(tx, deps, call, id, now);
  if (!change) return std::unexpected(change.error());
  const auto account = own_account(tx, call);
  if (!account) return std::unexpected(account.error());
  const auto& canonical = change->challenge.subject;
  // Judged again: the address may have been taken, or become free, since.
  const auto verdict = judge(*account, canonical, tx.optional(statements::find_holder, canonical, now));
  const FreshCode fresh = code_for(deps, verdict, id, canonical);
  const auto times = renew_code(tx, deps, id, fresh, now);
  order_change_mail(tx, deps, fresh, *account, change->asked.email, verdict == AddressVerdict::taken, now);
  deps.sessions.audit.log_only(tx, call, {.action = "user.resend_code", .user = account->id});
  return reply_for(id, times);
}

}  // namespace

Result<v1::AccountEmail> get_email(Deps& deps, const Call& call, const v1::GetEmailRequest&) {
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.read([&](Transaction& tx) -> Result<v1::AccountEmail> {
    const auto account = own_account(tx, call);
    if (!account) return std::unexpected(account.error());
    v1::AccountEmail reply;
    if (account->email) reply.set_email(*account->email);
    reply.set_email_verified(account->email_verified);
    if (const auto change = find_email_change_of(tx, account->id, now)) {
      auto& pending = *reply.mutable_pending();
      pending.set_change_id(to_string(change->challenge.id));
      pending.set_new_email(mask_email(change->asked.email));
      sessions::set_time(*pending.mutable_expires_at(), change->challenge.code_expires_at);
      sessions::set_time(*pending.mutable_resend_at(), change->challenge.resend_at);
    }
    return reply;
  });
}

Result<v1::ChangeEmailReply> change_email(Deps& deps, const Call& call, const v1::ChangeEmailRequest& request) {
  const auto email = limits::parse_email(request.new_email());
  if (!email) return refuse(Refusal::invalid_field, "This is not an email address.", "new_email");
  auto mail = reserve_mail(deps, email->canonical, call);
  if (!mail) return std::unexpected(mail.error());
  const Time now = deps.sessions.clock.now();
  auto reply = deps.sessions.db.transaction([&](Transaction& tx) { return begin(tx, deps, call, *email, now); });
  if (reply) mail->keep();
  return reply;
}

Result<v1::ChangeEmailReply> resend_email_change(Deps& deps, const Call& call,
                                                 const v1::ResendEmailChangeRequest& request) {
  const auto id = parse_id<VerificationId>(request.change_id());
  if (!id) return no_such_email_change();
  const Time now = deps.sessions.clock.now();
  // Asked first, for the address; and again in the transaction, for another resend may have come between.
  const auto asked = deps.sessions.db.read([&](Transaction& tx) { return find_to_resend(tx, deps, call, *id, now); });
  if (!asked) return std::unexpected(asked.error());
  auto mail = reserve_mail(deps, asked->challenge.subject, call);
  if (!mail) return std::unexpected(mail.error());
  auto reply = deps.sessions.db.transaction([&](Transaction& tx) { return resend(tx, deps, call, *id, now); });
  if (reply) mail->keep();
  return reply;
}

Result<v1::CancelEmailChangeReply> cancel_email_change(Deps& deps, const Call& call,
                                                       const v1::CancelEmailChangeRequest&) {
  const UserId user = call.person().user_id;
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::CancelEmailChangeReply> {
    const auto asked = tx.optional(statements::find_email_change_of, user);
    if (asked) {
      tx.execute(statements::delete_email_change_of, user);
      deps.sessions.audit.record(
          tx, call,
          {.action = "user.cancel_email_change", .user = user, .metadata = {{"change_id", to_string(asked->id)}}});
    }
    return v1::CancelEmailChangeReply{};
  });
}

}  // namespace ostiary::accounts
