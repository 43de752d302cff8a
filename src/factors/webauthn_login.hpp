#pragma once

#include "factors/deps.hpp"
#include "ostiary/v1/webauthn.pb.h"

namespace ostiary::factors {

/// What is known when an assertion has been verified.
struct AssertionFacts {
  bool challenge_was_ours = false;  ///< for this use, not answered before, not expired
  bool credential_is_known = false;
  bool owner_is_expected = false;  ///< the person whose login waits, or anybody
  crypto::WebAuthnVerdict verdict = crypto::WebAuthnVerdict::wrong_signature;
  bool may_sign_in = false;  ///< the owner's status is active
};

/// Ordered by precedence: the first that applies wins. Clients see no difference between the first four.
enum class AssertionVerdict {
  unknown_challenge,
  unknown_credential,
  somebody_elses,
  wrong,
  account_disabled,
  accepted,
};

AssertionVerdict judge_assertion(const AssertionFacts& facts);

/// The options for a login by passkey, or for the second step of the login that `mfa_token` names: mfa_token_invalid,
/// or factor_missing if the account has no credential. Writes down a challenge that only this device, or this login,
/// can answer.
Result<v1::PublicKeyCredentialRequestOptionsJSON> begin_webauthn_login(Deps& deps, const Call& call,
                                                                       const v1::BeginWebAuthnLoginRequest& request);

/// Signs in by passkey, whose amr is hwk (swk if it may be synchronised), user and mfa; or completes the login of
/// `mfa_token` with hwk or swk. Whatever is wrong is wrong_assertion, but account_disabled after a right assertion; an
/// unknown credential takes as long as a wrong signature. A sign count that does not grow is refused and audited.
Result<v1::TokenReply> verify_webauthn_login(Deps& deps, const Call& call,
                                             const v1::VerifyWebAuthnLoginRequest& request);

}  // namespace ostiary::factors
