#pragma once

#include <atomic>
#include <chrono>

#include "adapters/invalidation_listener.hpp"
#include "ports/invalidation.hpp"

namespace ostiary::adapters {

/// Invalidation on one SQLite file: the server forgets what it changes itself, and everything when another process has
/// changed the file (`ostiary user ...`). Make it before the database, give its `looked` to `SqliteOptions::on_look`,
/// and let it outlive the database. In force for `lease` after a look. Thread-safe.
class SqliteInvalidation final : public Invalidation {
 public:
  explicit SqliteInvalidation(std::chrono::milliseconds lease = std::chrono::milliseconds(1800)) : lease_(lease) {}

  void publish(Transaction& tx, UserId user) override;
  void publish_all(Transaction& tx) override;
  bool in_force() const override;
  void listen(Listener listener) override { listener_.set(std::move(listener)); }

  using SteadyTime = std::chrono::steady_clock::time_point;

  /// The database was asked at `asked_at` whether another process has changed it.
  void looked(bool changed, SteadyTime asked_at);

 private:
  const std::chrono::milliseconds lease_;
  InvalidationListener listener_;
  std::atomic<SteadyTime> looked_at_{SteadyTime::min()};
};

}  // namespace ostiary::adapters
