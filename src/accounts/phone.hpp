#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/phone.pb.h"

namespace ostiary::accounts {

Result<v1::AccountPhone> get_phone(Deps& deps, const Call& call, const v1::GetPhoneRequest& request);

/// Texts a code to the number. The account keeps its present number until the code is used. Replaces the change that
/// was asked for before; for the same number not before a new code may be sent (resend_too_early). Refuses with
/// invalid_field what is no number or not of SMS_COUNTRIES, with rate_limited where a cap is reached, and with
/// not_found where no texts are sent.
Result<v1::ChangePhoneReply> change_phone(Deps& deps, const Call& call, const v1::ChangePhoneRequest& request);

Result<v1::ChangePhoneReply> resend_phone_code(Deps& deps, const Call& call, const v1::ResendPhoneCodeRequest& request);

/// Makes the number the account's, once, and mails the owner.
Result<v1::AccountPhone> verify_phone(Deps& deps, const Call& call, const v1::VerifyPhoneRequest& request);

/// Removes the caller's number and the change that waits for its proof in `tx`; mails the owner if there was a number.
Result<void> remove_phone(Transaction& tx, const Deps& deps, const Call& call, Time now);

}  // namespace ostiary::accounts
