#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::audit {

/// Whether an entry is unchanged and its details are readable. The first that applies.
enum class EntryState {
  altered,   ///< the row or its details do not match their hashes, or the details cannot be decrypted
  erased,    ///< the row matches its hash, but the key of its details was destroyed
  readable,
};

/// A row of the log with its details decrypted.
struct AuditEntry {
  AuditId id;
  Time occurred_at;
  std::string action;
  std::string outcome;  ///< "success" or "refused"
  std::string actor_kind;  ///< `name_of` an ActorKind
  std::optional<Uuid> actor;
  std::optional<UserId> user;
  std::optional<UserId> key_owner;  ///< whose key encrypts the details; empty: the service's
  EntryState state;
  std::string details;  ///< a JSON object; empty if not readable
};

/// The newest entries, at most `limit`, about everyone or about one account.
std::vector<AuditEntry> newest_entries(Transaction& tx, const vault::DataKeys& keys, std::int64_t limit);
std::vector<AuditEntry> newest_entries_of(Transaction& tx, const vault::DataKeys& keys, UserId user,
                                          std::int64_t limit);

}  // namespace ostiary::audit
