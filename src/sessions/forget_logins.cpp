#include "sessions/forget_logins.hpp"

#include <algorithm>

#include "sessions/statements.hpp"

namespace ostiary::sessions {

bool forget_some_logins(Transaction& tx, UserId user) {
  constexpr std::int64_t batch = 100;  // the limit of each statement
  const std::int64_t most = std::max({tx.execute(statements::delete_some_sessions_of, user),
                                      tx.execute(statements::delete_some_devices_of, user),
                                      tx.execute(statements::delete_some_pending_logins_of, user),
                                      tx.execute(statements::forget_remembered_devices, user),
                                      tx.execute(statements::delete_some_login_attempts_of, user)});
  return most >= batch;
}

}  // namespace ostiary::sessions
