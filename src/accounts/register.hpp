#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/auth.pb.h"

namespace ostiary::accounts {

/// Begins a registration. The answer is the same whether or not the address has an account; what differs goes by mail.
/// With `policy.verify_email` off it makes the account at once and signs it in.
Result<v1::RegisterReply> register_account(Deps& deps, const Call& call, const v1::RegisterRequest& request);

/// Sends a new code and link for a registration; those before stop working.
Result<v1::RegisterReply> resend_email_code(Deps& deps, const Call& call, const v1::ResendEmailCodeRequest& request);

}  // namespace ostiary::accounts
