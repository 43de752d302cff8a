#pragma once

#include <atomic>
#include <chrono>

#include "adapters/invalidation_listener.hpp"
#include "ports/invalidation.hpp"

namespace ostiary::adapters {

/// Invalidation with SQLite. The server drops cache entries for its own changes, and the whole cache when another
/// process has changed the file (`ostiary user ...`). Must outlive the database, which gets its `looked` as
/// `SqliteOptions::on_look`. In force for `lease` after each check. Thread-safe.
class SqliteInvalidation final : public Invalidation {
 public:
  explicit SqliteInvalidation(std::chrono::milliseconds lease = std::chrono::milliseconds(1800)) : lease_(lease) {}

  void publish(Transaction& tx, UserId user) override;
  void publish_all(Transaction& tx) override;
  bool in_force() const override;
  void listen(Listener listener) override { listener_.set(std::move(listener)); }

  using SteadyTime = std::chrono::steady_clock::time_point;

  /// Reports a check of the file: whether another process had changed it when it was checked at `asked_at`.
  void looked(bool changed, SteadyTime asked_at);

 private:
  const std::chrono::milliseconds lease_;
  InvalidationListener listener_;
  std::atomic<SteadyTime> looked_at_{SteadyTime::min()};
};

}  // namespace ostiary::adapters
