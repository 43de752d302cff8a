#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/auth.pb.h"

namespace ostiary::accounts {

/// Starts a registration. The reply is the same whether or not the address has an account; only the mail differs. With
/// `policy.verify_email` off it creates the account at once and signs it in.
Result<v1::RegisterReply> register_account(Deps& deps, const Call& call, const v1::RegisterRequest& request);

/// Sends a new code and link for a registration. The previous ones become invalid.
Result<v1::RegisterReply> resend_email_code(Deps& deps, const Call& call, const v1::ResendEmailCodeRequest& request);

}  // namespace ostiary::accounts
