#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::audit {

/// Whether an entry is as it was written, and its details can be read. The first that holds.
enum class EntryState {
  altered,   ///< the row is not what its hash says, or the details do not open or are not what theirs says
  erased,    ///< the key that the details were sealed under is gone; the row is what its hash says
  readable,
};

/// A row of the log, opened.
struct AuditEntry {
  AuditId id;
  Time occurred_at;
  std::string action;
  std::string outcome;  ///< "success" or "refused"
  std::string actor_kind;  ///< `name_of` an ActorKind
  std::optional<Uuid> actor;
  std::optional<UserId> user;
  std::optional<UserId> key_owner;  ///< under whose key the details are sealed; nobody's: the service's
  EntryState state;
  std::string details;  ///< a JSON object, empty unless readable
};

/// The newest entries, at most `limit`: of everyone, or about one person.
std::vector<AuditEntry> newest_entries(Transaction& tx, const vault::DataKeys& keys, std::int64_t limit);
std::vector<AuditEntry> newest_entries_of(Transaction& tx, const vault::DataKeys& keys, UserId user,
                                          std::int64_t limit);

}  // namespace ostiary::audit
