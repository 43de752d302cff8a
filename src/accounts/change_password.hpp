#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/password.pb.h"

namespace ostiary::accounts {

/// Changes the caller's password, or sets the first one, with the old one or within `fresh_login_within` of the last
/// authentication. A wrong old password costs a guess of the account's budget for sign-ins, so that a stolen session
/// cannot be used to guess it. Does what `replace_password` does; the calling session does not end.
Result<v1::ChangePasswordReply> change_password(Deps& deps, const Call& call, const v1::ChangePasswordRequest& request);

}  // namespace ostiary::accounts
