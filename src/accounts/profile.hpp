#pragma once

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"
#include "ostiary/v1/account.pb.h"

namespace ostiary::accounts {

/// The caller's account. Refused where it was deleted since its session was checked.
Result<statements::AccountRow> own_account(Transaction& tx, const Call& call);

Result<v1::Profile> get_profile(Deps& deps, const Call& call, const v1::GetProfileRequest& request);

/// Changes the given fields. An empty locale or time zone is reset to the default.
Result<v1::Profile> update_profile(Deps& deps, const Call& call, const v1::UpdateProfileRequest& request);

}  // namespace ostiary::accounts
