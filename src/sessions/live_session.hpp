#pragma once

#include "base/call.hpp"
#include "base/result.hpp"
#include "storage/database.hpp"

namespace ostiary::sessions {

/// Refuses with session_ended if the caller's session has ended, or the account was disabled or deleted, since the
/// caller was authenticated. What is written in the same transaction is not written by a session that just ended.
Result<void> require_live_session(Transaction& tx, const Person& person, Time now);

}  // namespace ostiary::sessions
