#pragma once

#include <cstdint>

#include "storage/database.hpp"

namespace ostiary::accounts {

/// Makes anew the skeletons of usernames that another version of Unicode made than this program's, a hundred a
/// transaction; gives how many. Of two names that have become alike both stay, and sign in as before; only one of them
/// keeps the skeleton, which refuses a third. Others may do the same at the same time.
std::int64_t renew_skeletons(Database& db);

}  // namespace ostiary::accounts
