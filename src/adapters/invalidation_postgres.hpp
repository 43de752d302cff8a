#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "adapters/invalidation_listener.hpp"
#include "ports/invalidation.hpp"
#include "ports/log.hpp"
#include "storage/database.hpp"

namespace ostiary::adapters {

/// Invalidation between the instances on one PostgreSQL database: NOTIFY inside the transaction, and a thread with a
/// connection that listens. Twice a second the thread sends a heartbeat through the same queue. The cache may be used
/// for `lease` after the *sending* of the last heartbeat that came back, because no earlier invalidation can have been
/// missed. A broken connection ends this at once, and a new connection starts by clearing the cache. CockroachDB has no
/// such channel: there only this instance is invalidated, and it is never in force. Thread-safe.
class PostgresInvalidation final : public Invalidation {
 public:
  /// A process without a cache needs no connection to listen on: it only tells the others, and is never in force.
  enum class Part { listens, only_tells };

  /// `log` must outlive it. Does not wait for the connection.
  PostgresInvalidation(const PostgresOptions& options, Engine engine, Log& log, Part part = Part::listens,
                       std::chrono::milliseconds lease = std::chrono::milliseconds(1800));
  ~PostgresInvalidation() override;

  void publish(Transaction& tx, UserId user) override;
  void publish_all(Transaction& tx) override;
  bool in_force() const override;
  void listen(Listener listener) override { listener_.set(std::move(listener)); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  class Channel;

  void serve(const std::stop_token& stop);
  void follow(Channel& channel, const std::stop_token& stop);
  bool pause(const std::stop_token& stop, std::chrono::milliseconds length) const;

  const PostgresOptions options_;
  const Engine engine_;
  const std::chrono::milliseconds lease_;
  Log& log_;
  InvalidationListener listener_;
  std::atomic<SteadyTime> in_force_until_{SteadyTime::min()};
  const int wake_;  ///< an eventfd that wakes the thread
  std::jthread thread_;
};

}  // namespace ostiary::adapters
