#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/email.pb.h"

namespace ostiary::accounts {

/// The caller's address, and the change that waits for its proof.
Result<v1::AccountEmail> get_email(Deps& deps, const Call& call, const v1::GetEmailRequest& request);

/// Asks for another address in the place of an earlier request. The reply and the statements are the same whether or
/// not the address has an account, but for the notice to its holder, once a day.
Result<v1::ChangeEmailReply> change_email(Deps& deps, const Call& call, const v1::ChangeEmailRequest& request);

/// Sends a new code and link for a change. The previous ones become invalid.
Result<v1::ChangeEmailReply> resend_email_change(Deps& deps, const Call& call,
                                                 const v1::ResendEmailChangeRequest& request);

/// Cancels the caller's pending change, if there is one.
Result<v1::CancelEmailChangeReply> cancel_email_change(Deps& deps, const Call& call,
                                                       const v1::CancelEmailChangeRequest& request);

}  // namespace ostiary::accounts
