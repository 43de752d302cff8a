#pragma once

#include "factors/deps.hpp"
#include "ostiary/v1/factors.pb.h"

namespace ostiary::factors {

/// Offers a secret to a login of an account that must have a second factor: factor_exists if it has one by now.
Result<v1::TotpOffer> enrol_totp(Deps& deps, const Call& call, const v1::EnrolTotpRequest& request);

/// Takes the offered secret into use and completes the login. Wrong codes count as wrong factors.
Result<v1::EnrolReply> confirm_enrolled_totp(Deps& deps, const Call& call, const v1::VerifyTotpRequest& request);

}  // namespace ostiary::factors
