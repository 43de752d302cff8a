#include "accounts/register.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/codes.hpp"
#include "accounts/create_account.hpp"
#include "accounts/registration_mail.hpp"
#include "accounts/statements.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

/// A registration as it was asked for, judged.
struct Wanted {
  limits::EmailAddress email;
  std::optional<limits::Username> username;
  std::string display_name;
  std::string locale;
  std::string password_hash;
};

Result<Wanted> judge_request(const Deps& deps, const v1::RegisterRequest& request) {
  const auto email = limits::parse_email(request.email());
  if (!email) return refuse(Refusal::invalid_field, "This is not an email address.", "email");
  Wanted wanted;
  wanted.email = *email;
  wanted.display_name = request.display_name();
  wanted.locale = request.locale().empty() ? "en" : request.locale();
  if (request.has_username()) {
    auto username = checked_username(request.username());
    if (!username) return std::unexpected(username.error());
    wanted.username = *std::move(username);
  }
  const auto password =
      check_password(deps.sessions.hasher.parameters().algorithm, request.password(),
                     {wanted.email.given, request.username(), wanted.display_name, deps.service_name});
  if (!password) return std::unexpected(password.error());
  return wanted;
}

std::unexpected<Refused> username_taken() {
  return refuse(Refusal::username_taken, "This username is taken, or looks too much like a taken one.", "username");
}

/// Who has the address, if anybody. Also keeps only the newest registrations of the address, so that nobody can keep
/// its owner from registering.
std::optional<statements::OwnerRow> make_room(Transaction& tx, const Deps& deps, const std::string& email_canonical,
                                              Time now) {
  const auto owners = tx.ask(statements::find_holder, email_canonical, now);
  for (const auto& surplus : tx.all(statements::surplus_challenges, verify_email_purpose, email_canonical,
                                    deps.policy.pending_per_address - 1)) {
    tx.send(statements::delete_challenge, surplus.id);
  }
  return owners.rows().empty() ? std::nullopt : std::optional(owners.rows().front());
}

v1::RegisterReply pending_reply(VerificationId id, const CodeTimes& times) {
  v1::RegisterReply reply;
  reply.set_message("success");
  reply.set_verification_id(to_string(id));
  sessions::set_time(*reply.mutable_expires_at(), times.expires_at);
  sessions::set_time(*reply.mutable_resend_at(), times.resend_at);
  return reply;
}

statements::RegistrationRow write_registration(Transaction& tx, VerificationId id, UserId user, const Wanted& wanted) {
  using Text = std::optional<std::string>;
  const auto& name = wanted.username;
  tx.send(statements::insert_registration, id, user, wanted.email.given, name ? Text(name->given) : Text(),
          name ? Text(name->canonical) : Text(), name ? Text(name->skeleton) : Text(), wanted.display_name,
          wanted.locale, wanted.password_hash);
  return {user,          wanted.email.given,  name ? Text(name->given) : Text(), wanted.display_name,
          wanted.locale, wanted.password_hash};
}

/// The time of the answer must not tell whether the address has an account. So each case takes the same number of round
/// trips and the same statements; only the notice, once a day, has a few more that travel with the others.
v1::RegisterReply begin(Transaction& tx, const Deps& deps, const Call& call, const Wanted& wanted, const Device& device,
                        Time now) {
  const auto id = deps.sessions.ids.make<VerificationId>();
  const auto user_id = deps.sessions.ids.make<UserId>();
  const auto& address = wanted.email.canonical;
  const auto owner = make_room(tx, deps, address, now);
  const auto owner_id = owner ? std::optional(owner->id) : std::nullopt;
  const FreshCode fresh = owner ? make_unknowable_code(deps) : make_code(deps, verify_email_purpose, id, address);

  const auto times = write_challenge(
      tx, deps, {id, verify_email_purpose, owner_id, address, device.hash, deps.policy.pending_lifetime}, fresh, now);
  const auto registration = write_registration(tx, id, user_id, wanted);
  const audit::Event event{.action = "user.register_begin",
                           .user = owner_id.value_or(user_id),
                           .reason = owner ? "address_has_account" : "pending",
                           .metadata = {{"verification_id", to_string(id)}}};
  // Whoever has no account gets no audit row before the proof, and an owner one a day: strangers can do this at will.
  if (owner && order_address_notice(tx, deps, *owner, "registration_notice", now)) {
    deps.sessions.audit.record(tx, call, event);
  } else {
    order_code_mail(tx, deps, fresh, registration, owner.has_value(), now);
    // As an audit row would.
    static_cast<void>(deps.data_keys.has_key(tx, owner_id.value_or(user_id)));
    deps.sessions.audit.log_only(tx, call, event);
  }
  return pending_reply(id, times);
}

Result<v1::RegisterReply> register_at_once(Transaction& tx, const Deps& deps, const Call& call, const Wanted& wanted,
                                           Time now) {
  if (tx.optional(statements::find_holder, wanted.email.canonical, now)) {
    return refuse(Refusal::email_taken, "This address has an account.", "email");
  }
  const auto user_id = deps.sessions.ids.make<UserId>();
  const auto user = create_account(
      tx, deps, call,
      {user_id, wanted.email, false, wanted.username, wanted.password_hash, wanted.display_name, wanted.locale},
      user_id, now);
  if (sessions::must_have_factor(deps.sessions.second_step, {})) return tx.keep(enrolment_required());
  v1::RegisterReply reply;
  reply.set_message("success");
  sessions::put_tokens(reply, sessions::complete_sign_in(tx, deps.sessions, call, user, {"pwd"}, now));
  return reply;
}

}  // namespace

Result<v1::RegisterReply> register_account(Deps& deps, const Call& call, const v1::RegisterRequest& request) {
  auto wanted = judge_request(deps, request);
  if (!wanted) return std::unexpected(wanted.error());
  const Time now = deps.sessions.clock.now();
  auto mail = reserve_mail(deps, wanted->email.canonical, call);
  if (!mail) return std::unexpected(mail.error());
  wanted->password_hash = deps.sessions.hasher.hash(Secret(request.password()));
  const Device device = call.device ? *call.device : deps.sessions.devices.make(false);

  auto reply = deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::RegisterReply> {
    if (wanted->username && is_username_taken(tx, *wanted->username, wanted->email.canonical, now)) {
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
    auto refused = unknown_registration();
    refused.error().field = "verification_id";
    return refused;
  };
  if (!id) return unknown();
  const auto find = [&](Transaction& tx) -> Result<Pending> {
    auto pending = find_pending(tx, *id);
    if (!pending || now >= pending->challenge.expires_at) return unknown();
    if (pending->is_proven()) return already_verified();
    if (const auto wait = wait_for_resend(pending->challenge.resend_at, deps.code_policy, now)) {
      return refuse_for(Refusal::resend_too_early, *wait, "A code was sent a moment ago.");
    }
    return *std::move(pending);
  };
  // Asked first, for the address; and again in the transaction, for another resend may have come between.
  const Result<Pending> asked = deps.sessions.db.read(find);
  if (!asked) return std::unexpected(asked.error());
  auto mail = reserve_mail(deps, asked->challenge.subject, call);
  if (!mail) return std::unexpected(mail.error());
  auto reply = deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::RegisterReply> {
    const Result<Pending> pending = find(tx);
    if (!pending) return std::unexpected(pending.error());
    const FreshCode fresh = pending->is_decoy()
                                ? make_unknowable_code(deps)
                                : make_code(deps, verify_email_purpose, *id, pending->challenge.subject);
    const auto times = renew_code(tx, deps, *id, fresh, now);
    order_code_mail(tx, deps, fresh, pending->registration, pending->is_decoy(), now);
    deps.sessions.audit.log_only(tx, call, {.action = "user.resend_code", .user = pending->account()});
    return pending_reply(*id, times);
  });
  if (reply) mail->keep();
  return reply;
}

}  // namespace ostiary::accounts
