#include "adapters/invalidation_sqlite.hpp"

#include "storage/database.hpp"

namespace ostiary::adapters {

void SqliteInvalidation::publish(Transaction& tx, UserId user) {
  tx.after_commit([this, user] { listener_.forget_user(user); });
}

void SqliteInvalidation::publish_all(Transaction& tx) {
  tx.after_commit([this] { listener_.forget_all(); });
}

bool SqliteInvalidation::in_force() const {
  const SteadyTime looked_at = looked_at_.load(std::memory_order_acquire);
  return looked_at != SteadyTime::min() && std::chrono::steady_clock::now() < looked_at + lease_;
}

void SqliteInvalidation::looked(bool changed, SteadyTime asked_at) {
  if (changed) listener_.forget_all();
  looked_at_.store(asked_at, std::memory_order_release);
}

}  // namespace ostiary::adapters
