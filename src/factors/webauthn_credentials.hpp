#pragma once

#include "factors/deps.hpp"
#include "factors/statements.hpp"
#include "ostiary/v1/webauthn.pb.h"

namespace ostiary::factors {

/// The options for a new credential of the caller, with a challenge that only this session can answer. The user handle
/// is the user's id, which tells nothing about the person. Refuses with factor_exists if the account has 20 already.
Result<v1::PublicKeyCredentialCreationOptionsJSON> begin_webauthn_credential(
    Deps& deps, const Call& call, const v1::BeginWebAuthnCredentialRequest& request);

/// Adds the credential: wrong_assertion with the verdict if the registration is not accepted, factor_exists if somebody
/// has this credential already or the account has 20. The owner gets a mail, and backup codes if there are none.
Result<v1::AddWebAuthnCredentialReply> add_webauthn_credential(Deps& deps, const Call& call,
                                                               const v1::AddWebAuthnCredentialRequest& request);

Result<v1::ListWebAuthnCredentialsReply> list_webauthn_credentials(Deps& deps, const Call& call,
                                                                   const v1::ListWebAuthnCredentialsRequest& request);

/// Refuses with not_found unless the credential is the caller's, as does the next one.
Result<v1::WebAuthnCredential> rename_webauthn_credential(Deps& deps, const Call& call,
                                                          const v1::RenameWebAuthnCredentialRequest& request);

Result<v1::RemoveWebAuthnCredentialReply> remove_webauthn_credential(
    Deps& deps, const Call& call, const v1::RemoveWebAuthnCredentialRequest& request);

/// The pages of other sites that may use the passkeys of this one; not_found if there are none.
Result<v1::RelatedOrigins> list_related_origins(Deps& deps, const Call& call,
                                                const v1::ListRelatedOriginsRequest& request);

/// How options name a stored credential.
v1::PublicKeyCredentialDescriptorJSON descriptor_of(const statements::WebAuthnCredentialRow& row);

}  // namespace ostiary::factors
