#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "storage/postgres_connection.hpp"

namespace ostiary::storage {

/// A connection apart that tells what became of a transaction whose COMMIT was not answered.
///
/// A server that crashes forgets the ids of transactions that it had not written down yet, and gives them to others
/// when it is back. So it is believed about an id only in a session that stood before the transaction began and still
/// does. Thread-safe.
class CommitWitness {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CommitWitness(const PostgresOptions& options) : connection_(options) {}

  /// Connects if there is no session, or it broke. To be called when the server is known to answer.
  void stand_by() noexcept;

  /// Returns if the transaction was committed. Throws ConnectionLost if it was not, and StorageError if that can't be
  /// told: there is no session that is old enough, or the server gives no verdict within ten seconds.
  /// `server` is the one it ran on, as PostgresConnection::server() names it.
  void expect_committed(const std::string& transaction_id, const std::string& server, Clock::time_point begun);

 private:
  std::string ask(const std::string& transaction_id, const std::string& server, Clock::time_point begun);

  std::mutex mutex_;
  PostgresConnection connection_;
  std::optional<Clock::time_point> since_;  ///< when the session began, while it stands
};

}  // namespace ostiary::storage
