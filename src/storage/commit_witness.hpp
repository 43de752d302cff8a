#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "storage/postgres_connection.hpp"

namespace ostiary::storage {

/// A separate connection that looks up the outcome of a transaction whose COMMIT was not answered.
///
/// After a crash the server may reuse transaction ids that it had not yet written to disk. So its
/// answer is used only if this session began before the transaction and is still open.
/// Thread-safe.
class CommitWitness {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CommitWitness(const PostgresOptions& options) : connection_(options) {}

  /// Connects if there is no session or it broke. Call it when the server is known to answer.
  void stand_by() noexcept;

  /// Returns if the transaction was committed. Throws ConnectionLost if it was not, and StorageError if that cannot be
  /// determined: no session is old enough, or the server does not answer within ten seconds. `server` is where it ran,
  /// as PostgresConnection::server() names it.
  void expect_committed(const std::string& transaction_id, const std::string& server, Clock::time_point begun);

 private:
  std::string ask(const std::string& transaction_id, const std::string& server, Clock::time_point begun);

  std::mutex mutex_;
  PostgresConnection connection_;
  std::optional<Clock::time_point> since_;  ///< when the session began, while it is open
};

}  // namespace ostiary::storage
