#include "accounts/verify_email.hpp"

#include <string>

#include "accounts/codes.hpp"
#include "accounts/create_account.hpp"
#include "accounts/statements.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

/// Of a guess that counts. What follows, when attempts are spent, stands in the program's log only: nobody fills the
/// audit log with it.
void record_refusal(Transaction& tx, const Deps& deps, const Call& call, const Pending& pending, Refusal why) {
  deps.sessions.audit.record(tx, call,
                             {.action = "user.verify_email",
                              .outcome = audit::Outcome::refused,
                              .user = pending.account(),
                              .reason = name_of(why),
                              .metadata = {{"verification_id", to_string(pending.challenge.id)}},
                              .user_is_pending = !pending.is_decoy()});
}

/// The registration that was proven is known by the account's id, and its password stands with the account alone.
void close_registrations(Transaction& tx, const Pending& proven) {
  give_registrations_to(tx, proven.challenge.subject, proven.registration.user_id);
  tx.execute(statements::forget_password_of_registration, proven.challenge.id);
}

/// Makes the account of a registration that was proven, and signs it in.
Result<v1::TokenReply> activate(Transaction& tx, const Deps& deps, const Call& call, const Pending& pending, Time now) {
  const auto& [challenge, registration] = pending;
  const auto& address = challenge.subject;
  // Made of another registration since the code was sent, or by an administrator's command, or an account has changed
  // to this address. Who knows the code reads the address's mail, and may be told.
  if (tx.optional(statements::find_holder, address, now)) return already_verified();
  const auto username =
      registration.username ? std::optional(limits::username_forms(*registration.username)) : std::nullopt;
  if (username && has_account(tx, *username)) {
    return refuse(Refusal::username_taken,
                  "This username has been taken in the meantime: register again with another one.", "username");
  }
  close_registrations(tx, pending);
  const auto user =
      create_account(tx, deps, call,
                     {registration.user_id, limits::EmailAddress{registration.email, address}, true, username,
                      registration.password_hash, registration.display_name, registration.locale},
                     registration.user_id, now);
  if (sessions::must_have_factor(deps.sessions.second_step, {})) return tx.keep(enrolment_required());
  return sessions::complete_sign_in(tx, deps.sessions, call, user, {"email"}, now);
}

Result<v1::TokenReply> verify_by_code(Deps& deps, const Call& call, const v1::VerifyEmailRequest& request) {
  const auto id = parse_id<VerificationId>(request.verification_id());
  if (!id) return unknown_registration();
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto pending = find_pending(tx, *id);
    if (!pending) return unknown_registration();
    if (pending->is_proven() && now < pending->challenge.expires_at) return already_verified();
    const auto verdict = try_code(tx, deps, pending->challenge, digits_of(request.code()), now);
    if (verdict == CodeVerdict::right) return activate(tx, deps, call, *pending, now);
    if (verdict == CodeVerdict::unknown) return tx.keep(unknown_registration());
    if (verdict == CodeVerdict::wrong) record_refusal(tx, deps, call, *pending, Refusal::wrong_code);
    return tx.keep(refusal_for(tx, deps, pending->challenge, verdict, now));
  });
}

std::optional<PresentedLink> facts_about(const Call& call, const std::optional<Pending>& pending,
                                         std::optional<bool> password_right) {
  if (!pending || pending->is_decoy()) return std::nullopt;
  const auto& challenge = pending->challenge;
  const bool same_device = call.device && call.device->hash == challenge.device_hash;
  return PresentedLink{challenge.expires_at, challenge.code_expires_at, same_device, password_right};
}

Result<v1::TokenReply> verify_by_link(Deps& deps, const Call& call, const v1::VerifyEmailRequest& request) {
  const Time now = deps.sessions.clock.now();
  const Digest hash = link_hash_of(request.token());
  using Found = Result<std::optional<Pending>>;
  const auto before = *deps.sessions.db.read([&](Transaction& tx) -> Found { return find_pending_by_link(tx, hash); });
  std::optional<bool> password_right;
  if (before && request.has_password()) {
    password_right = deps.sessions.hasher.verify(Secret(request.password()), before->registration.password_hash);
  }
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto pending = find_pending_by_link(tx, hash);
    switch (judge_link(facts_about(call, pending, password_right), now)) {
      case LinkVerdict::invalid:
        // A decoy's link opens nothing anyway; and who began it would see by its code that somebody opened the link.
        if (pending && !pending->is_decoy()) expire(tx, pending->challenge);
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
