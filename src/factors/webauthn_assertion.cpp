#include "factors/webauthn_assertion.hpp"

namespace ostiary::factors {

namespace {

using crypto::WebAuthnVerdict;

/// A COSE key (P-256, its generator) to verify against where the credential is unknown, which then takes as long.
constexpr std::uint8_t nobodys_key[] = {0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, 0x6b, 0x17, 0xd1,
                                        0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
                                        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
                                        0x98, 0xc2, 0x96, 0x22, 0x58, 0x20, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
                                        0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
                                        0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

AssertionFacts facts_about(const PresentedAssertion& presented, std::optional<UserId> owner) {
  const auto& credential = presented.credential;
  return {.challenge_was_ours = presented.challenge_was_ours,
          .credential_is_known = credential.has_value(),
          .owner_is_expected = credential && (!owner || *owner == credential->user_id),
          .verdict = presented.verified.verdict,
          .may_sign_in = credential && credential->status == "active"};
}

}  // namespace

AssertionVerdict judge_assertion(const AssertionFacts& facts) {
  if (!facts.challenge_was_ours) return AssertionVerdict::unknown_challenge;
  if (!facts.credential_is_known) return AssertionVerdict::unknown_credential;
  if (!facts.owner_is_expected) return AssertionVerdict::somebody_elses;
  if (facts.verdict != WebAuthnVerdict::accepted) return AssertionVerdict::wrong;
  return facts.may_sign_in ? AssertionVerdict::accepted : AssertionVerdict::account_disabled;
}

std::string_view PresentedAssertion::reason(AssertionVerdict verdict) const {
  switch (verdict) {
    case AssertionVerdict::unknown_challenge: return "unknown_challenge";
    case AssertionVerdict::unknown_credential: return "unknown_credential";
    case AssertionVerdict::somebody_elses: return "somebody_elses_credential";
    case AssertionVerdict::wrong: return name_of(verified.verdict);
    case AssertionVerdict::account_disabled: return "account_disabled";
    case AssertionVerdict::accepted: return "accepted";
  }
  throw std::logic_error("a verdict without a name");
}

std::string PresentedAssertion::method() const { return credential && credential->backup_eligible ? "swk" : "hwk"; }

PresentedAssertion read_assertion(Transaction& tx, const v1::AuthenticationResponseJSON& response,
                                  const ChallengeUse& use, Time now) {
  PresentedAssertion presented;
  presented.challenge_was_ours = take_challenge(tx, as_bytes(response.response().clientdatajson()), use, now);
  presented.credential = tx.optional(statements::find_webauthn_credential, as_bytes(response.id()));
  return presented;
}

void verify_assertion(const Deps& deps, PresentedAssertion& presented, const v1::AuthenticationResponseJSON& response,
                      bool names_owner) {
  const auto& said = response.response();
  const auto client_data = crypto::parse_client_data(as_bytes(said.clientdatajson()));
  if (!client_data) {
    presented.verified = {.verdict = WebAuthnVerdict::malformed_client_data};
    return;
  }
  const auto& stored = presented.credential;
  const BytesView handle = said.has_userhandle() ? as_bytes(said.userhandle()) : BytesView();
  const auto known = stored
                         ? crypto::KnownCredential{stored->public_key, static_cast<std::uint32_t>(stored->sign_count),
                                                   stored->backup_eligible, stored->user_id.uuid.bytes}
                         : crypto::KnownCredential{nobodys_key, 0, false, handle};
  presented.verified = crypto::verify_assertion(
      {as_bytes(said.clientdatajson()), as_bytes(said.authenticatordata()), as_bytes(said.signature()),
       said.has_userhandle() ? std::optional(handle) : std::nullopt},
      known,
      {.relying_party = deps.relying_party,
       .challenge = client_data->challenge,
       .needs_user_verification = names_owner,
       .needs_user_handle = names_owner});
}

AssertionVerdict settle_assertion(Transaction& tx, PresentedAssertion& presented,
                                  const v1::AuthenticationResponseJSON& response, std::optional<UserId> owner,
                                  Time now) {
  // The credential may have been removed since, even added again, and its owner disabled.
  const auto before = presented.credential;
  presented.credential = tx.optional(statements::find_webauthn_credential, as_bytes(response.id()));
  if (!before || !presented.credential || presented.credential->id != before->id) presented.credential.reset();
  const auto verdict = judge_assertion(facts_about(presented, owner));
  if (verdict != AssertionVerdict::accepted) return verdict;
  if (tx.execute(statements::use_webauthn_credential, presented.credential->id,
                 std::int64_t{presented.verified.sign_count}, presented.verified.backed_up, now) == 1) {
    return verdict;
  }
  presented.verified.verdict = WebAuthnVerdict::sign_count_not_grown;
  return AssertionVerdict::wrong;
}

}  // namespace ostiary::factors
