#pragma once

#include "accounts/deps.hpp"
#include "ostiary/v1/account.pb.h"

namespace ostiary::accounts {

Result<v1::Profile> get_profile(Deps& deps, const Call& call, const v1::GetProfileRequest& request);

/// Changes the fields that are given. A locale or time zone that is given empty becomes the default again.
Result<v1::Profile> update_profile(Deps& deps, const Call& call, const v1::UpdateProfileRequest& request);

}  // namespace ostiary::accounts
