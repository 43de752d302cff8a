#pragma once

#include <optional>

#include "factors/deps.hpp"

namespace ostiary::factors {

/// Refuses with code_budget_spent if an account has no wrong guesses of second factors left: ten in 24 hours over all
/// kinds of factors and logins. A device that has completed a login of the account has a budget of its own, which
/// nobody else can spend.
std::optional<std::unexpected<Refused>> refuse_spent_budget(Transaction& tx, const Deps& deps, const Call& call,
                                                            UserId user, Time now);

/// Counts a wrong guess, and returns how many are left. The caller must commit it (`tx.keep`).
std::int64_t count_wrong_factor(Transaction& tx, const Deps& deps, const Call& call, UserId user, Time now);

}  // namespace ostiary::factors
