#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/id.hpp"
#include "base/time.hpp"
#include "storage/database.hpp"

namespace ostiary::storage {

/// The row of `schema_lock`: who is changing the schema, and until when the lease lasts.
struct SchemaLease {
  Uuid owner;
  std::string holder;  ///< for people: "process 4711 on db1"
  Time leased_until;
};

/// Longer than any delay in renewing it.
inline constexpr std::chrono::seconds schema_lease_length{30};

/// Whether the lease is valid at `now`, which must be before its end. A lease that ends later than twice its length
/// from now was taken before the clock was set back and is not valid either.
bool is_in_force(const SchemaLease& lease, Time now);

/// Is told of whoever has the lease, ten times a second while it is waited for; `first`: this wait has just begun. May
/// throw to end the wait.
using OnWait = std::function<void(const SchemaLease&, bool first)>;

/// A lease on changing the schema, for one process at a time. It is renewed while this object lives. It makes others
/// wait; the primary key of `schema_migrations` guarantees that no migration is applied twice. `db` and `clock` must
/// outlive it.
class SchemaLock {
 public:
  /// Waits until nobody else has it, as long as that takes. Makes the table where it is missing. Throws StorageError.
  SchemaLock(Database& db, const Clock& clock, std::chrono::milliseconds renewal_pause = schema_lease_length / 3,
             const OnWait& on_wait = {});
  ~SchemaLock();  ///< gives it back
  SchemaLock(const SchemaLock&) = delete;
  SchemaLock& operator=(const SchemaLock&) = delete;

 private:
  std::optional<SchemaLease> held_by_another();
  bool take();
  void renew(const std::stop_token& stop, std::chrono::milliseconds pause);

  Database& db_;
  const Clock& clock_;
  Uuid owner_;
  std::jthread renewal_;
};

}  // namespace ostiary::storage
