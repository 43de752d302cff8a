#pragma once

#include <vector>

#include "accounts/deps.hpp"
#include "contract/contract.hpp"
#include "door/system_calls.hpp"
#include "factors/deps.hpp"
#include "sessions/deps.hpp"

namespace ostiary::door {

/// The table of all calls and their functions. The arguments must outlive the routes.
std::vector<contract::Route> routes(factors::Deps& factors, accounts::Deps& accounts, sessions::Deps& sessions,
                                    SystemDeps& system);

}  // namespace ostiary::door
