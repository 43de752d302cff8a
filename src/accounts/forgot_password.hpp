#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/password.pb.h"

namespace ostiary::accounts {

/// Begins a reset for an address in `tx`: writes the challenge and orders the mail, or decoys of both. The caller has
/// reserved the mail.
v1::ForgotPasswordReply begin_reset(Transaction& tx, const Deps& deps, const Call& call, const std::string& address,
                                    Time now);

/// Begins the reset of a forgotten password. The reply, the statements and the mail budgets are the same for every
/// address; a code and a link are mailed only if `judge_forgotten` says so.
Result<v1::ForgotPasswordReply> forgot_password(Deps& deps, const Call& call, const v1::ForgotPasswordRequest& request);

/// Sends a new code and link for a reset. The previous ones, and the token of an exchanged code, become invalid.
Result<v1::ForgotPasswordReply> resend_reset_code(Deps& deps, const Call& call,
                                                  const v1::ResendResetCodeRequest& request);

/// The refusal of a reset_id that is unknown or too old.
std::unexpected<Refused> unknown_reset();

}  // namespace ostiary::accounts
