#pragma once

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Exchanges a refresh token for a new one and a new access token, as `judge_refresh` decides. Theft ends the session
/// in the same transaction.
Result<v1::TokenReply> refresh(Deps& deps, const Call& call, const v1::RefreshRequest& request);

}  // namespace ostiary::sessions
