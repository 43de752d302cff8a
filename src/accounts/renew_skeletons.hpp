#pragma once

#include <cstdint>

#include "storage/database.hpp"

namespace ostiary::accounts {

/// Makes anew the skeletons of usernames that another version of Unicode made than this program's, a hundred a
/// transaction; gives how many. Of two names that have become alike both stay, and sign in as before; only one of them
/// keeps the skeleton, which refuses a third. Others may do the same at the same time.
std::int64_t renew_skeletons(Database& db);

/// Whether there are any for it. Until it has run, a new name is refused still where its skeleton is that of an old
/// name as it stands.
bool has_skeletons_to_renew(Database& db);

}  // namespace ostiary::accounts
