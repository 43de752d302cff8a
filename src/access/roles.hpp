#pragma once

#include <string_view>

#include "sessions/deps.hpp"

namespace ostiary::access {

using sessions::admin_role;

/// Whether one of a user's roles, or a service's key, has `permission`.
bool has_permission(const Caller& caller, std::string_view permission);

/// Grants a user a role, at once and on every instance. Returns whether the user did not have it before. Refuses with
/// not_found if there is no such user.
Result<bool> grant_role(const sessions::Deps& deps, const Call& call, UserId user, std::string_view role);

/// Takes a role from a user, at once and on every instance. True when the user had it; refuses with not_found where
/// there is no such user, or nobody ever had such a role.
Result<bool> remove_role(const sessions::Deps& deps, const Call& call, UserId user, std::string_view role);

}  // namespace ostiary::access
