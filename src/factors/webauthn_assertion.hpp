#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "factors/deps.hpp"
#include "factors/statements.hpp"
#include "factors/webauthn_challenges.hpp"
#include "ostiary/v1/webauthn.pb.h"

namespace ostiary::factors {

/// What is known when an assertion has been verified.
struct AssertionFacts {
  bool challenge_was_ours = false;  ///< for this use, not answered before, not expired
  bool credential_is_known = false;
  bool owner_is_expected = false;  ///< the person who is known already, or anybody
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

/// An assertion that was presented. It goes through three functions: a transaction that reads it, the verification, and
/// the transaction that acts on it.
struct PresentedAssertion {
  bool challenge_was_ours = false;
  std::optional<statements::KnownCredentialRow> credential;  ///< that it names
  crypto::Assertion verified{crypto::WebAuthnVerdict::wrong_signature};

  /// Why it was refused: for logs and the audit, not for clients.
  std::string_view reason(AssertionVerdict verdict) const;
  /// For amr (RFC 8176): hwk, or swk if the credential may be synchronised and is thus not bound to hardware.
  std::string method() const;
};

/// Reads what the assertion names, and spends its challenge. The caller must commit it.
PresentedAssertion read_assertion(Transaction& tx, const v1::AuthenticationResponseJSON& response,
                                  const ChallengeUse& use, Time now);

/// Verifies it. Takes as long for an unknown credential as for a wrong signature. `names_owner`: nobody is known yet,
/// so the credential has to say whose it is, and has to have verified them.
void verify_assertion(const Deps& deps, PresentedAssertion& presented, const v1::AuthenticationResponseJSON& response,
                      bool names_owner);

/// Judges it by what is stored now, and if it is accepted, notes that the credential was used. `owner`: whose it has to
/// be. A sign count that another login has overtaken is one that did not grow.
AssertionVerdict settle_assertion(Transaction& tx, PresentedAssertion& presented,
                                  const v1::AuthenticationResponseJSON& response, std::optional<UserId> owner,
                                  Time now);

}  // namespace ostiary::factors
