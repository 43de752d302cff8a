#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "factors/deps.hpp"

namespace ostiary::factors {

/// Ten new backup codes of 50 random bits, in the place of all older ones. Only MACs of them are stored (ASVS 6.5.2).
std::vector<std::string> make_backup_codes(Transaction& tx, const Deps& deps, UserId user, Time now);

/// The same for an account that has none left; else nothing.
std::vector<std::string> make_missing_backup_codes(Transaction& tx, const Deps& deps, UserId user, Time now);

/// How many codes were not used yet.
std::int64_t count_backup_codes(Transaction& tx, UserId user);

/// Spends a code, however it was typed; false if the account has no such code that was not used.
bool use_backup_code(Transaction& tx, const Deps& deps, UserId user, std::string_view typed, Time now);

}  // namespace ostiary::factors
