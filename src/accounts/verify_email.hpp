#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/auth.pb.h"

namespace ostiary::accounts {

/// Turns the one pending registration whose code or link is shown into a user, signs it in, and drops the others for
/// its address: nobody else's password, name or session ends up on a verified account. A wrong guess is counted and
/// stays counted.
Result<v1::TokenReply> verify_email(Deps& deps, const Call& call, const v1::VerifyEmailRequest& request);

}  // namespace ostiary::accounts
