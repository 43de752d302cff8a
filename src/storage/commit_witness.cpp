#include "storage/commit_witness.hpp"

#include <thread>

#include "storage/retry.hpp"

namespace ostiary::storage {
namespace {

using namespace std::chrono_literals;

/// Who looks at the server's sessions sees what this idle one is for.
constexpr std::string_view add_to_name =
    "SELECT set_config('application_name', current_setting('application_name') || ' commit witness', false)";

constexpr auto look_up_for = 10s;
constexpr auto look_up_interval = 50ms;

}  // namespace

void CommitWitness::stand_by() noexcept {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;  // somebody asks it, or has it connect
  if (since_ && !connection_.was_closed_by_server()) return;
  since_.reset();
  try {
    connection_.connect();
    connection_.run_script(add_to_name);
    since_ = Clock::now();
  } catch (const std::exception&) {
    // The next one tries again.
  }
}

void CommitWitness::expect_committed(const std::string& transaction_id, const std::string& server,
                                     Clock::time_point begun) {
  const auto deadline = Clock::now() + look_up_for;
  while (Clock::now() < deadline) {
    // The server may need some time to notice that the connection is gone.
    const std::string status = ask(transaction_id, server, begun);
    if (status == "committed") return;
    if (status == "aborted") throw ConnectionLost("PostgreSQL: a transaction was lost with its connection");
    if (status != "in progress") break;
    std::this_thread::sleep_for(look_up_interval);
  }
  throw StorageError("PostgreSQL: it is unknown whether a transaction was committed");
}

/// Its status, or nothing where the session is too young, or gone.
std::string CommitWitness::ask(const std::string& transaction_id, const std::string& server, Clock::time_point begun) {
  const std::lock_guard lock(mutex_);
  if (!since_ || *since_ > begun || connection_.server() != server) return {};
  try {
    return connection_.status_of(transaction_id).value_or("");
  } catch (const StorageError&) {
    since_.reset();
    return {};
  }
}

}  // namespace ostiary::storage
