#include "storage/schema_lock.hpp"

#include <unistd.h>

#include <array>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/random.hpp"
#include "storage/statements.hpp"

namespace ostiary::storage {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_between_looks = 100ms;

/// It stands before the first migration, so no migration can make it.
constexpr std::string_view create_table =
    "CREATE TABLE IF NOT EXISTS schema_lock (id bigint PRIMARY KEY CHECK (id = 1), owner uuid NOT NULL, "
    "holder text NOT NULL, leased_until timestamptz NOT NULL)";

std::string this_process() {
  std::array<char, HOST_NAME_MAX + 1> host{};
  gethostname(host.data(), host.size() - 1);
  return "process " + std::to_string(getpid()) + " on " + host.data();
}

void create_table_if_missing(Database& db) {
  db.change_schema([](Connection& connection) {
    connection.run_script(create_table);
    return true;
  });
}

/// Where two do it at once, PostgreSQL may tell one of them that the table is there already, in spite of IF NOT EXISTS.
void make_table(Database& db) {
  try {
    create_table_if_missing(db);
  } catch (const StorageError&) {
    create_table_if_missing(db);
  }
}

}  // namespace

bool is_in_force(const SchemaLease& lease, Time now) {
  return now < lease.leased_until && lease.leased_until <= now + 2 * schema_lease_length;
}

SchemaLock::SchemaLock(Database& db, const Clock& clock, std::chrono::milliseconds renewal_pause, const OnWait& on_wait)
    : db_(db), clock_(clock) {
  SystemRandom random;
  owner_ = IdSource(clock, random, IdSource::Order::random).make_uuid();
  make_table(db);
  // To look takes no turn to write from whoever works under the lock.
  bool first = true;
  for (auto lease = held_by_another(); lease || !take(); lease = held_by_another()) {
    if (lease && on_wait) on_wait(*lease, std::exchange(first, false));
    std::this_thread::sleep_for(pause_between_looks);
  }
  renewal_ = std::jthread([this, renewal_pause](const std::stop_token& stop) { renew(stop, renewal_pause); });
}

SchemaLock::~SchemaLock() {
  renewal_.request_stop();
  renewal_.join();
  try {
    static_cast<void>(db_.transaction(
        [&](Transaction& tx) -> Result<std::int64_t> { return tx.execute(statements::release_schema_lock, owner_); }));
  } catch (const StorageError&) {
    // The lease runs out.
  }
}

std::optional<SchemaLease> SchemaLock::held_by_another() {
  return *db_.read([&](Transaction& tx) -> Result<std::optional<SchemaLease>> {
    auto lease = tx.optional(statements::find_schema_lease);
    if (lease && !is_in_force(*lease, clock_.now())) lease.reset();
    return lease;
  });
}

bool SchemaLock::take() {
  return *db_.transaction([&](Transaction& tx) -> Result<bool> {
    const Time now = clock_.now();
    const auto lease = tx.optional(statements::find_schema_lease);
    if (lease && is_in_force(*lease, now)) return false;
    tx.execute(statements::take_schema_lock, owner_, this_process(), now + schema_lease_length);
    return true;
  });
}

void SchemaLock::renew(const std::stop_token& stop, std::chrono::milliseconds pause) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stopped.wait_for(lock, stop, pause, [&stop] { return stop.stop_requested(); })) {
    try {
      static_cast<void>(db_.transaction([&](Transaction& tx) -> Result<std::int64_t> {
        return tx.execute(statements::renew_schema_lock, owner_, clock_.now() + schema_lease_length);
      }));
    } catch (const StorageError&) {
      // The next try may be in time.
    }
  }
}

}  // namespace ostiary::storage
