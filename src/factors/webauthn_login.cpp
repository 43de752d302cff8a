#include "factors/webauthn_login.hpp"

#include "crypto/digest.hpp"
#include "factors/second_step.hpp"
#include "factors/webauthn_assertion.hpp"
#include "factors/webauthn_credentials.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

using Options = v1::PublicKeyCredentialRequestOptionsJSON;
using Purpose = ChallengeUse::Purpose;

/// An answer and the login that waits for it, if one does.
struct Answer {
  std::optional<PendingLogin> login;
  PresentedAssertion presented;
};

Result<std::optional<PendingLogin>> find_login(Transaction& tx, const Deps& deps, const Call& call,
                                               const v1::VerifyWebAuthnLoginRequest& request, Time now) {
  if (!request.has_mfa_token()) return std::nullopt;
  auto login = find_pending_login(tx, deps, call, Secret(request.mfa_token()), now);
  if (!login) return std::unexpected(login.error());
  return std::optional(*std::move(login));
}

/// Spends the challenge.
Result<Answer> read_answer(Transaction& tx, const Deps& deps, const Call& call,
                           const v1::VerifyWebAuthnLoginRequest& request, Time now) {
  auto login = find_login(tx, deps, call, request, now);
  if (!login) return std::unexpected(login.error());
  const auto use = *login ? ChallengeUse{Purpose::second_step, (*login)->id.uuid.bytes}
                          : ChallengeUse{Purpose::sign_in, call.device ? BytesView(call.device->hash) : BytesView()};
  return Answer{*std::move(login), read_assertion(tx, request.credential(), use, now)};
}

sessions::statements::UserRow owner_of(const statements::KnownCredentialRow& row) {
  return {row.user_id, row.email, row.email_verified, row.username, row.status, row.user_created_at, row.display_name};
}

std::unexpected<Refused> refuse_assertion() {
  return refuse(Refusal::wrong_assertion, "The passkey was not accepted. Ask for new options and try again.",
                "credential");
}

void note_attempt(Transaction& tx, const Deps& deps, const Call& call, const v1::AuthenticationResponseJSON& credential,
                  std::optional<UserId> user, bool success, std::string_view reason, Time now) {
  const auto& room = deps.accounts.sessions;
  const auto key = room.keys.current(vault::KeyPurpose::codes);
  tx.send(sessions::statements::insert_login_attempt, room.ids.make<AttemptId>(), user,
          crypto::hmac_sha256(key.bytes, {as_bytes("passkey"), as_bytes(credential.id())}), call.address,
          call.device ? std::optional(call.device->hash) : std::nullopt, success, std::string(reason), now);
}

void audit_refusal(Transaction& tx, const Deps& deps, const Call& call, std::string action, UserId user,
                   std::string_view reason) {
  deps.accounts.sessions.audit.record(
      tx, call, {.action = std::move(action), .outcome = audit::Outcome::refused, .user = user, .reason = reason});
}

std::unexpected<Refused> refuse_passkey(Transaction& tx, const Deps& deps, const Call& call,
                                        const v1::AuthenticationResponseJSON& credential,
                                        const PresentedAssertion& presented, AssertionVerdict verdict, Time now) {
  const auto user = presented.credential ? std::optional(presented.credential->user_id) : std::nullopt;
  const auto reason = presented.reason(verdict);
  note_attempt(tx, deps, call, credential, user, false, reason, now);
  if (user) audit_refusal(tx, deps, call, "session.start", *user, reason);
  if (verdict != AssertionVerdict::account_disabled) return tx.keep(refuse_assertion());
  return tx.keep(refuse(Refusal::account_disabled, "This account may not sign in."));
}

/// Anybody can send a challenge that is none: that leaves no row, and is no guess.
std::unexpected<Refused> refuse_answer(Transaction& tx, const Deps& deps, const Call& call,
                                       const v1::AuthenticationResponseJSON& credential, const Answer& answer,
                                       AssertionVerdict verdict, Time now) {
  if (verdict == AssertionVerdict::unknown_challenge) return refuse_assertion();
  if (!answer.login) return refuse_passkey(tx, deps, call, credential, answer.presented, verdict, now);
  audit_refusal(tx, deps, call, "webauthn.assert", answer.login->user.id, answer.presented.reason(verdict));
  return refuse_wrong_factor(tx, deps, call, *answer.login, Refusal::wrong_assertion, now);
}

v1::TokenReply sign_in(Transaction& tx, const Deps& deps, const Call& call,
                       const v1::VerifyWebAuthnLoginRequest& request, const Answer& answer, Time now) {
  const auto method = answer.presented.method();
  if (answer.login) {
    return complete_pending_login(tx, deps, call, *answer.login, method, request.remember_device(), now);
  }
  const auto& credential = *answer.presented.credential;
  note_attempt(tx, deps, call, request.credential(), credential.user_id, true, "passkey", now);
  return sessions::complete_sign_in(tx, deps.accounts.sessions, call, owner_of(credential), {method, "user", "mfa"},
                                    now);
}

/// Options whose challenge only `use` can answer.
Options request_options(Transaction& tx, const Deps& deps, const ChallengeUse& use, std::string_view verification,
                        Time now) {
  Options options;
  options.set_challenge(std::string(as_text(make_challenge(tx, deps, use, now))));
  options.set_timeout(std::chrono::milliseconds(challenge_lifetime).count());
  options.set_rpid(deps.relying_party.id);
  options.set_userverification(std::string(verification));
  return options;
}

/// The same, for credentials of this user; factor_missing if there are none.
Result<Options> options_for(Transaction& tx, const Deps& deps, UserId user, const ChallengeUse& use,
                            std::string_view verification, Time now) {
  const auto credentials = tx.all(statements::list_webauthn_credentials, user);
  if (credentials.empty()) {
    return refuse(Refusal::factor_missing, "The account has no security key and no passkey.");
  }
  Options options = request_options(tx, deps, use, verification, now);
  for (const auto& row : credentials) *options.add_allowcredentials() = descriptor_of(row);
  return options;
}

}  // namespace

Result<Options> begin_webauthn_login(Deps& deps, const Call& call, const v1::BeginWebAuthnLoginRequest& request) {
  const auto& room = deps.accounts.sessions;
  const Time now = room.clock.now();
  const Device device = call.device ? *call.device : room.devices.make(false);
  auto options = room.db.transaction([&](Transaction& tx) -> Result<Options> {
    if (!request.has_mfa_token()) {
      return request_options(tx, deps, {Purpose::sign_in, device.hash}, "required", now);
    }
    const auto login = find_pending_login(tx, deps, call, Secret(request.mfa_token()), now);
    if (!login) return std::unexpected(login.error());
    // The password was the other factor, so having the key is enough.
    return options_for(tx, deps, login->user.id, {Purpose::second_step, login->id.uuid.bytes}, "discouraged", now);
  });
  if (options) options->set_device_id(room.devices.sign(device));
  return options;
}

Result<Options> begin_webauthn_reauthentication(Deps& deps, const Call& call,
                                                const v1::BeginWebAuthnReauthenticationRequest&) {
  const auto& person = call.person();
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) {
    return options_for(tx, deps, person.user_id, {Purpose::reauthenticate, person.session_id.uuid.bytes}, "preferred",
                       now);
  });
}

Result<v1::TokenReply> verify_webauthn_login(Deps& deps, const Call& call,
                                             const v1::VerifyWebAuthnLoginRequest& request) {
  const auto& room = deps.accounts.sessions;
  const Time now = room.clock.now();
  auto answer =
      room.db.transaction([&](Transaction& tx) -> Result<Answer> { return read_answer(tx, deps, call, request, now); });
  if (!answer) return std::unexpected(answer.error());
  verify_assertion(deps, answer->presented, request.credential(), !answer->login);

  return room.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    auto login = find_login(tx, deps, call, request, now);
    if (!login) return std::unexpected(login.error());
    Answer latest{*std::move(login), answer->presented};
    const auto owner = latest.login ? std::optional(latest.login->user.id) : std::nullopt;
    const auto verdict = settle_assertion(tx, latest.presented, request.credential(), owner, now);
    if (verdict == AssertionVerdict::accepted) return sign_in(tx, deps, call, request, latest, now);
    return refuse_answer(tx, deps, call, request.credential(), latest, verdict, now);
  });
}

}  // namespace ostiary::factors
