#include "factors/webauthn_login.hpp"

#include "crypto/digest.hpp"
#include "factors/second_step.hpp"
#include "factors/statements.hpp"
#include "factors/webauthn_challenges.hpp"
#include "factors/webauthn_credentials.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

using crypto::WebAuthnVerdict;
using statements::KnownCredentialRow;
using Purpose = ChallengeUse::Purpose;

/// A COSE key (P-256, its generator) to verify against where the credential is unknown, which then takes as long.
constexpr std::uint8_t nobodys_key[] = {0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, 0x6b, 0x17, 0xd1,
                                        0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
                                        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
                                        0x98, 0xc2, 0x96, 0x22, 0x58, 0x20, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
                                        0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
                                        0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

/// What was read about an answer, before it is verified.
struct Answer {
  std::optional<PendingLogin> login;  ///< that waits for it
  bool challenge_was_ours = false;
  std::optional<KnownCredentialRow> credential;
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
  const auto& credential = request.credential();
  const bool was_ours = take_challenge(tx, as_bytes(credential.response().clientdatajson()), use, now);
  return Answer{*std::move(login), was_ours,
                tx.optional(statements::find_webauthn_credential, as_bytes(credential.id()))};
}

crypto::Assertion verify(const Deps& deps, const Answer& answer, const v1::AuthenticationResponseJSON& credential) {
  const auto& response = credential.response();
  const auto client_data = crypto::parse_client_data(as_bytes(response.clientdatajson()));
  if (!client_data) return {.verdict = WebAuthnVerdict::malformed_client_data};
  const auto& stored = answer.credential;
  const BytesView handle = response.has_userhandle() ? as_bytes(response.userhandle()) : BytesView();
  const crypto::KnownCredential known =
      stored ? crypto::KnownCredential{stored->public_key, static_cast<std::uint32_t>(stored->sign_count),
                                       stored->backup_eligible, stored->user_id.uuid.bytes}
             : crypto::KnownCredential{nobodys_key, 0, false, handle};
  return crypto::verify_assertion(
      {as_bytes(response.clientdatajson()), as_bytes(response.authenticatordata()), as_bytes(response.signature()),
       response.has_userhandle() ? std::optional(handle) : std::nullopt},
      known,
      {.relying_party = deps.relying_party,
       .challenge = client_data->challenge,
       .needs_user_verification = !answer.login,
       .needs_user_handle = !answer.login});
}

sessions::statements::UserRow owner_of(const KnownCredentialRow& row) {
  return {row.user_id, row.email, row.email_verified, row.username, row.status, row.user_created_at, row.display_name};
}

AssertionFacts facts_about(const Answer& answer, const crypto::Assertion& assertion) {
  const auto& credential = answer.credential;
  return {.challenge_was_ours = answer.challenge_was_ours,
          .credential_is_known = credential.has_value(),
          .owner_is_expected = credential && (!answer.login || answer.login->user.id == credential->user_id),
          .verdict = assertion.verdict,
          .may_sign_in = credential && credential->status == "active"};
}

std::string_view reason_of(AssertionVerdict verdict, const crypto::Assertion& assertion) {
  switch (verdict) {
    case AssertionVerdict::unknown_challenge: return "unknown_challenge";
    case AssertionVerdict::unknown_credential: return "unknown_credential";
    case AssertionVerdict::somebody_elses: return "somebody_elses_credential";
    case AssertionVerdict::wrong: return name_of(assertion.verdict);
    case AssertionVerdict::account_disabled: return "account_disabled";
    case AssertionVerdict::accepted: return "accepted";
  }
  throw std::logic_error("a verdict without a name");
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

/// Writes down why. The log has it for whoever sets up a service; the client only learns that it was refused. Anybody
/// can send a challenge that is none, so that leaves no row.
std::unexpected<Refused> refuse_passkey(Transaction& tx, const Deps& deps, const Call& call,
                                        const v1::VerifyWebAuthnLoginRequest& request, const Answer& answer,
                                        AssertionVerdict verdict, std::string_view reason, Time now) {
  if (verdict == AssertionVerdict::unknown_challenge) return refuse_assertion();
  const auto user = answer.credential ? std::optional(answer.credential->user_id) : std::nullopt;
  note_attempt(tx, deps, call, request.credential(), user, false, reason, now);
  if (user) {
    deps.accounts.sessions.audit.record(
        tx, call, {.action = "session.start", .outcome = audit::Outcome::refused, .user = user, .reason = reason});
  }
  if (verdict == AssertionVerdict::account_disabled) {
    return tx.keep(refuse(Refusal::account_disabled, "This account may not sign in."));
  }
  return tx.keep(refuse_assertion());
}

std::unexpected<Refused> refuse_second_step(Transaction& tx, const Deps& deps, const Call& call, const Answer& answer,
                                            AssertionVerdict verdict, const crypto::Assertion& assertion, Time now) {
  if (verdict == AssertionVerdict::unknown_challenge) return refuse_assertion();
  if (assertion.verdict == WebAuthnVerdict::sign_count_not_grown) {
    deps.accounts.sessions.audit.record(tx, call,
                                        {.action = "webauthn.assert",
                                         .outcome = audit::Outcome::refused,
                                         .user = answer.login->user.id,
                                         .reason = name_of(assertion.verdict)});
  }
  return refuse_wrong_factor(tx, deps, call, *answer.login, Refusal::wrong_assertion, now);
}

/// RFC 8176: a key that may be synchronised is not bound to hardware.
std::string method_of(const KnownCredentialRow& credential) { return credential.backup_eligible ? "swk" : "hwk"; }

v1::TokenReply sign_in(Transaction& tx, const Deps& deps, const Call& call,
                       const v1::VerifyWebAuthnLoginRequest& request, const Answer& answer, Time now) {
  const auto& credential = *answer.credential;
  if (answer.login) {
    return complete_pending_login(tx, deps, call, *answer.login, method_of(credential), request.remember_device(), now);
  }
  note_attempt(tx, deps, call, request.credential(), credential.user_id, true, "passkey", now);
  return sessions::complete_sign_in(tx, deps.accounts.sessions, call, owner_of(credential),
                                    {method_of(credential), "user", "mfa"}, now);
}

}  // namespace

AssertionVerdict judge_assertion(const AssertionFacts& facts) {
  if (!facts.challenge_was_ours) return AssertionVerdict::unknown_challenge;
  if (!facts.credential_is_known) return AssertionVerdict::unknown_credential;
  if (!facts.owner_is_expected) return AssertionVerdict::somebody_elses;
  if (facts.verdict != WebAuthnVerdict::accepted) return AssertionVerdict::wrong;
  return facts.may_sign_in ? AssertionVerdict::accepted : AssertionVerdict::account_disabled;
}

Result<v1::PublicKeyCredentialRequestOptionsJSON> begin_webauthn_login(Deps& deps, const Call& call,
                                                                       const v1::BeginWebAuthnLoginRequest& request) {
  const auto& room = deps.accounts.sessions;
  const Time now = room.clock.now();
  const Device device = call.device ? *call.device : room.devices.make(false);
  using Options = v1::PublicKeyCredentialRequestOptionsJSON;
  return room.db.transaction([&](Transaction& tx) -> Result<Options> {
    Options options;
    ChallengeUse use{Purpose::sign_in, device.hash};
    std::optional<PendingLogin> login;
    if (request.has_mfa_token()) {
      const auto found = find_pending_login(tx, deps, call, Secret(request.mfa_token()), now);
      if (!found) return std::unexpected(found.error());
      login = *found;
      use = {Purpose::second_step, login->id.uuid.bytes};
      for (const auto& row : tx.all(statements::list_webauthn_credentials, login->user.id)) {
        *options.add_allowcredentials() = descriptor_of(row);
      }
      if (options.allowcredentials().empty()) {
        return refuse(Refusal::factor_missing, "The account has no security key and no passkey.");
      }
    }
    options.set_challenge(std::string(as_text(make_challenge(tx, deps, use, now))));
    options.set_timeout(std::chrono::milliseconds(challenge_lifetime).count());
    options.set_rpid(deps.relying_party.id);
    // The password was the other factor, so having the key is enough.
    options.set_userverification(login ? "discouraged" : "required");
    options.set_device_id(room.devices.sign(device));
    return options;
  });
}

Result<v1::TokenReply> verify_webauthn_login(Deps& deps, const Call& call,
                                             const v1::VerifyWebAuthnLoginRequest& request) {
  const auto& room = deps.accounts.sessions;
  const Time now = room.clock.now();
  const auto answer =
      room.db.transaction([&](Transaction& tx) -> Result<Answer> { return read_answer(tx, deps, call, request, now); });
  if (!answer) return std::unexpected(answer.error());
  const auto assertion = verify(deps, *answer, request.credential());

  return room.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    Answer latest = *answer;
    auto verified = assertion;
    auto login = find_login(tx, deps, call, request, now);
    if (!login) return std::unexpected(login.error());
    latest.login = *std::move(login);
    // The credential and its owner may have changed since.
    latest.credential = tx.optional(statements::find_webauthn_credential, as_bytes(request.credential().id()));
    const bool is_same = latest.credential && answer->credential && latest.credential->id == answer->credential->id;
    if (!is_same) latest.credential.reset();
    auto verdict = judge_assertion(facts_about(latest, verified));
    if (verdict == AssertionVerdict::accepted &&
        tx.execute(statements::use_webauthn_credential, latest.credential->id, std::int64_t{verified.sign_count},
                   verified.backed_up, now) == 0) {
      verified.verdict = WebAuthnVerdict::sign_count_not_grown;
      verdict = AssertionVerdict::wrong;
    }
    if (verdict == AssertionVerdict::accepted) return sign_in(tx, deps, call, request, latest, now);
    const auto reason = reason_of(verdict, verified);
    if (latest.login) return refuse_second_step(tx, deps, call, latest, verdict, verified, now);
    return refuse_passkey(tx, deps, call, request, latest, verdict, reason, now);
  });
}

}  // namespace ostiary::factors
