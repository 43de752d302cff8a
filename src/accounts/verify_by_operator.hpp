#pragma once

#include "accounts/deps.hpp"

namespace ostiary::accounts {

/// Marks an account's address as verified because an operator vouches for it. True when it was not before. Refuses with
/// not_found where there is no such account, and with invalid_field where it has no address.
Result<bool> verify_by_operator(const Deps& deps, const Call& call, UserId user);

}  // namespace ostiary::accounts
