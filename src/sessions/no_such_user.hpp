#pragma once

#include "base/result.hpp"

namespace ostiary::sessions {

/// The refusal of a call about an account that does not exist.
inline std::unexpected<Refused> no_such_user() { return refuse(Refusal::not_found, "There is no such user."); }

}  // namespace ostiary::sessions
