#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/password.pb.h"

namespace ostiary::accounts {

/// Exchanges the code of a reset, once, for a token that sets a new password within `reset_token_lifetime`. The mailed
/// link is invalid from then on.
Result<v1::VerifyResetCodeReply> verify_reset_code(Deps& deps, const Call& call,
                                                   const v1::VerifyResetCodeRequest& request);

/// Sets a new password with the token of an exchanged code or of the mailed link. In one transaction it does what
/// `replace_password` does and marks the address as verified. It signs nobody in. A password that is refused leaves the
/// token valid.
Result<v1::ResetPasswordReply> reset_password(Deps& deps, const Call& call, const v1::ResetPasswordRequest& request);

}  // namespace ostiary::accounts
