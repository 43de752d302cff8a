#pragma once

#include "ostiary/v1/account.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// The caller's live sessions, newest first. Refuses a page token that is not from a previous page.
Result<v1::ListSessionsReply> list_sessions(Deps& deps, const Call& call, const v1::ListSessionsRequest& request);

}  // namespace ostiary::sessions
