#include "accounts/register.hpp"

#include "accounts/codes.hpp"
#include "accounts/create_account.hpp"
#include "accounts/statements.hpp"
#include "limits/email_address.hpp"
#include "sessions/login.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

/// A registration as it was asked for, judged.
struct Wanted {
  std::string email;
  std::string email_canonical;
  std::optional<std::string> username;
  std::optional<std::string> username_skeleton;
  std::string display_name;
  std::string locale;
  std::string password_hash;
};

Result<Wanted> judge_request(const Deps& deps, const v1::RegisterRequest& request) {
  const auto email = limits::parse_email(request.email());
  if (!email) return refuse(Refusal::invalid_field, "This is not an email address.", "email");
  Wanted wanted;
  wanted.email = email->given;
  wanted.email_canonical = email->canonical;
  wanted.display_name = request.display_name();
  wanted.locale = request.locale().empty() ? "en" : request.locale();
  if (request.has_username()) {
    auto skeleton = checked_skeleton(request.username());
    if (!skeleton) return std::unexpected(skeleton.error());
    wanted.username = request.username();
    wanted.username_skeleton = *std::move(skeleton);
  }
  const auto password = check_password(deps, request.password(),
                                       {wanted.email, request.username(), wanted.display_name, deps.service_name});
  if (!password) return std::unexpected(password.error());
  return wanted;
}

/// Counts a mail to an address against its budget, until the call is refused or fails. A decoy costs as much as a mail
/// that is sent: otherwise the sixth registration in an hour would tell an address that has an account.
Result<limits::Reservation> reserve_mail(const Deps& deps, const std::string& email_canonical, const Call& call) {
  auto& limits = deps.sessions.limits;
  const auto mailbox = sessions::mailbox_of(deps.sessions, email_canonical);
  auto buckets = limits.of_account(RateClass::MAIL, mailbox, call.address, std::nullopt);
  const auto wait = limits.take(buckets, deps.sessions.clock.now());
  if (!wait) return limits::Reservation(limits, std::move(buckets));
  return refuse_for(Refusal::rate_limited, std::chrono::ceil<std::chrono::seconds>(*wait),
                    "Too many mails were asked for to this address.");
}

std::unexpected<Refused> username_taken() {
  return refuse(Refusal::username_taken, "This username is taken, or too much like one that is.", "username");
}

/// Keeps the newest registrations of an address only, so that nobody can keep its owner from registering.
void drop_surplus(Transaction& tx, const Deps& deps, const std::string& email_canonical) {
  for (const auto& surplus :
       tx.all(statements::surplus_pending, email_canonical, deps.policy.pending_per_address - 1)) {
    tx.execute(statements::delete_pending, surplus.id);
    deps.data_keys.destroy(tx, surplus.user_id);
  }
}

v1::RegisterReply pending_reply(VerificationId id, Time expires_at, Time resend_at) {
  v1::RegisterReply reply;
  reply.set_message("success");
  reply.set_verification_id(to_string(id));
  sessions::set_time(*reply.mutable_expires_at(), expires_at);
  sessions::set_time(*reply.mutable_resend_at(), resend_at);
  return reply;
}

v1::RegisterReply begin(Transaction& tx, const Deps& deps, const Call& call, const Wanted& wanted, const Device& device,
                        Time now) {
  const auto id = deps.sessions.ids.make<VerificationId>();
  const auto user_id = deps.sessions.ids.make<UserId>();
  const auto owner = tx.optional(statements::find_owner, wanted.email_canonical);
  const FreshCode fresh = owner ? make_unknowable_code(deps) : make_code(deps, id, wanted.email_canonical);
  const Time code_expires_at = now + deps.policy.code_lifetime;
  const Time resend_at = now + deps.policy.resend_pause;

  drop_surplus(tx, deps, wanted.email_canonical);
  deps.data_keys.create(tx, user_id);
  tx.execute(statements::insert_pending, id, user_id, wanted.email, wanted.email_canonical, wanted.username,
             wanted.username_skeleton, wanted.display_name, wanted.locale, wanted.password_hash, device.hash,
             owner.has_value(), fresh.code_mac, fresh.link_hash, fresh.key_id, code_expires_at, resend_at, now,
             now + deps.policy.pending_lifetime);
  if (owner) {
    order_registration_notice(tx, deps, *owner, now);
  } else {
    order_code_mail(tx, deps, fresh, wanted.email, wanted.display_name, wanted.locale, now);
  }
  deps.sessions.audit.record(tx, call,
                             {.action = "user.register_begin",
                              .user = owner ? owner->id : user_id,
                              .reason = owner ? "address_has_account" : "pending",
                              .metadata = {{"verification_id", to_string(id)}}});
  return pending_reply(id, code_expires_at, resend_at);
}

Result<v1::RegisterReply> register_at_once(Transaction& tx, const Deps& deps, const Call& call, const Wanted& wanted,
                                           Time now) {
  if (tx.optional(statements::find_owner, wanted.email_canonical)) {
    return refuse(Refusal::email_taken, "This address has an account.", "email");
  }
  const auto user_id = deps.sessions.ids.make<UserId>();
  deps.data_keys.create(tx, user_id);
  const auto user = create_account(tx, deps, call,
                                   {user_id, wanted.email, wanted.email_canonical, false, wanted.username,
                                    wanted.username_skeleton, wanted.password_hash, wanted.display_name, wanted.locale},
                                   user_id, now);
  auto tokens = sessions::start_session(tx, deps.sessions, call, user, {"pwd"}, now);
  v1::RegisterReply reply;
  reply.set_message("success");
  reply.set_token_type(tokens.token_type());
  reply.set_expires_in(tokens.expires_in());
  reply.set_session_id(tokens.session_id());
  *reply.mutable_user() = tokens.user();
  reply.set_access_token(tokens.access_token());
  reply.set_token(tokens.token());
  reply.set_refresh_token(tokens.refresh_token());
  reply.set_device_id(tokens.device_id());
  return reply;
}

}  // namespace

Result<v1::RegisterReply> register_account(Deps& deps, const Call& call, const v1::RegisterRequest& request) {
  auto wanted = judge_request(deps, request);
  if (!wanted) return std::unexpected(wanted.error());
  const Time now = deps.sessions.clock.now();
  auto mail = reserve_mail(deps, wanted->email_canonical, call);
  if (!mail) return std::unexpected(mail.error());
  wanted->password_hash = deps.sessions.hasher.hash(Secret(request.password()));
  const Device device = call.device ? *call.device : deps.sessions.devices.make(false);

  auto reply = deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::RegisterReply> {
    if (wanted->username_skeleton && is_username_taken(tx, *wanted->username_skeleton, wanted->email_canonical, now)) {
      return username_taken();
    }
    if (!deps.policy.verify_email) return register_at_once(tx, deps, call, *wanted, now);
    return begin(tx, deps, call, *wanted, device, now);
  });
  // Without a verification nothing is mailed.
  if (reply && reply->has_verification_id()) mail->keep();
  if (reply && !reply->has_device_id()) reply->set_device_id(deps.sessions.devices.sign(device));
  return reply;
}

Result<v1::RegisterReply> resend_email_code(Deps& deps, const Call& call, const v1::ResendEmailCodeRequest& request) {
  const Time now = deps.sessions.clock.now();
  const auto id = parse_id<VerificationId>(request.verification_id());
  const auto unknown = [] {
    return refuse(Refusal::verification_unknown, "This registration is not known, or its day is over: register again.",
                  "verification_id");
  };
  if (!id) return unknown();
  const auto too_early = [&](const statements::PendingRow& pending) {
    return refuse_for(Refusal::resend_too_early, std::chrono::ceil<std::chrono::seconds>(pending.resend_at - now),
                      "A code was sent a moment ago.");
  };
  using Pending = Result<statements::PendingRow>;
  const auto find = [&](Transaction& tx) -> Pending {
    auto pending = tx.optional(statements::find_pending, *id);
    if (!pending || now >= pending->expires_at) return unknown();
    // Longer than its pause it is never: then the clock was set back.
    if (now < pending->resend_at && pending->resend_at <= now + deps.policy.resend_pause) return too_early(*pending);
    return *std::move(pending);
  };
  // Asked first, for the address; and again in the transaction, for another resend may have come between.
  const Pending asked = deps.sessions.db.read(find);
  if (!asked) return std::unexpected(asked.error());
  auto mail = reserve_mail(deps, asked->email_canonical, call);
  if (!mail) return std::unexpected(mail.error());
  auto reply = deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::RegisterReply> {
    const Pending pending = find(tx);
    if (!pending) return std::unexpected(pending.error());
    const FreshCode fresh =
        pending->is_decoy ? make_unknowable_code(deps) : make_code(deps, pending->id, pending->email_canonical);
    const Time code_expires_at = now + deps.policy.code_lifetime;
    const Time resend_at = now + deps.policy.resend_pause;
    tx.execute(statements::renew_code, pending->id, fresh.code_mac, fresh.link_hash, fresh.key_id, code_expires_at,
               resend_at);
    if (!pending->is_decoy) {
      order_code_mail(tx, deps, fresh, pending->email, pending->display_name, pending->locale, now);
    }
    deps.sessions.audit.record(tx, call,
                               {.action = "user.resend_code",
                                .user = pending->user_id,
                                .metadata = {{"verification_id", to_string(pending->id)}}});
    return pending_reply(pending->id, code_expires_at, resend_at);
  });
  if (reply) mail->keep();
  return reply;
}

}  // namespace ostiary::accounts
