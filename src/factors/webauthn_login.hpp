#pragma once

#include "factors/deps.hpp"
#include "ostiary/v1/webauthn.pb.h"

namespace ostiary::factors {

/// The options for a login by passkey, or for the second step of the login that `mfa_token` names: mfa_token_invalid,
/// or factor_missing if the account has no credential. Writes down a challenge that only this device, or this login,
/// can answer.
Result<v1::PublicKeyCredentialRequestOptionsJSON> begin_webauthn_login(Deps& deps, const Call& call,
                                                                       const v1::BeginWebAuthnLoginRequest& request);

/// The options for a fresh login of the caller, whose challenge only this session can answer; or factor_missing.
Result<v1::PublicKeyCredentialRequestOptionsJSON> begin_webauthn_reauthentication(
    Deps& deps, const Call& call, const v1::BeginWebAuthnReauthenticationRequest& request);

/// Signs in by passkey, whose amr is hwk (swk if it may be synchronised), user and mfa; or completes the login of
/// `mfa_token` with hwk or swk. Whatever is wrong is wrong_assertion, but account_disabled after a right assertion; an
/// unknown credential takes as long as a wrong signature. Why it was refused is audited, such as a sign count that did
/// not grow.
Result<v1::TokenReply> verify_webauthn_login(Deps& deps, const Call& call,
                                             const v1::VerifyWebAuthnLoginRequest& request);

}  // namespace ostiary::factors
