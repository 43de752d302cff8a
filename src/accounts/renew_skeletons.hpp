#pragma once

#include <cstdint>

#include "storage/database.hpp"

namespace ostiary::accounts {

/// Recomputes skeletons of usernames that were computed with another version of Unicode, a hundred in each transaction,
/// and returns their number. If two names have become look-alikes, both remain and can sign in; only one keeps the
/// skeleton, which refuses a third name. Safe to run concurrently.
std::int64_t renew_skeletons(Database& db);

/// Whether there is anything to recompute. Until then new names are compared with the stored
/// skeletons.
bool has_skeletons_to_renew(Database& db);

}  // namespace ostiary::accounts
