#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/auth.pb.h"

namespace ostiary::accounts {

/// Turns the pending registration whose code or link is presented into a user and signs it in. Drops the other
/// registrations of its address, so nobody else's password, name or session ends up on the account. A wrong guess is
/// counted and committed.
Result<v1::TokenReply> verify_email(Deps& deps, const Call& call, const v1::VerifyEmailRequest& request);

}  // namespace ostiary::accounts
