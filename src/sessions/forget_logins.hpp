#pragma once

#include "base/id.hpp"
#include "storage/database.hpp"

namespace ostiary::sessions {

/// Deletes what is left of a person's logins, as part of `tx`: a hundred rows each of sessions, devices and login
/// attempts, at most. True when there may be more. Sessions that are alive have to be ended first: nobody is told here.
bool forget_some_logins(Transaction& tx, UserId user);

}  // namespace ostiary::sessions
