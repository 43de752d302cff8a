#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/email.pb.h"

namespace ostiary::accounts {

/// Changes the caller's address by the code that was mailed to the new one. Refused with email_taken, after the proof,
/// where another account has taken the address since it was asked for. A wrong guess is counted and committed.
Result<v1::AccountEmail> verify_email_change(Deps& deps, const Call& call, const v1::VerifyEmailChangeRequest& request);

/// The same by the mailed link, in any browser.
Result<v1::ConfirmEmailChangeReply> confirm_email_change(Deps& deps, const Call& call,
                                                         const v1::ConfirmEmailChangeRequest& request);

/// Undoes a change, and all later ones, by the link that was mailed to the address that it replaced: all sessions end,
/// a pending change is cancelled, the password is removed, and a reset is started for the address.
Result<v1::UndoEmailChangeReply> undo_email_change(Deps& deps, const Call& call,
                                                   const v1::UndoEmailChangeRequest& request);

}  // namespace ostiary::accounts
