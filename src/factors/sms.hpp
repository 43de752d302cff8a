#pragma once

#include "factors/deps.hpp"
#include "ostiary/v1/phone.pb.h"

namespace ostiary::factors {

/// Texts a code for a login that waits for its second step, in place of the one before. Refuses with factor_missing
/// where MFA_SMS is off or the account has no number, with resend_too_early, and with rate_limited where a cap on texts
/// is reached.
Result<v1::SendLoginTextReply> send_login_text(Deps& deps, const Call& call, const v1::SendLoginTextRequest& request);

/// Completes the login with the texted code, once. A code that was texted to a number that is not the account's any
/// more is expired.
Result<v1::TokenReply> verify_login_text(Deps& deps, const Call& call, const v1::VerifyLoginTextRequest& request);

/// Removes the caller's phone number and the change that waits for its proof. With MFA_SMS=on it was a second factor:
/// refuses with enrolment_required if it was the last one of an account that must have one.
Result<v1::RemovePhoneReply> remove_phone(Deps& deps, const Call& call, const v1::RemovePhoneRequest& request);

}  // namespace ostiary::factors
