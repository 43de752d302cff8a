#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::audit {

/// Whether an entry's details can be read.
enum class DetailsState {
  erased,    ///< the key they were sealed under is gone
  tampered,  ///< they do not open under their key, or differ from the hash beside them
  readable,
};

/// A row of the log, opened.
struct AuditEntry {
  AuditId id;
  Time occurred_at;
  std::string action;
  std::string outcome;  ///< "success" or "refused"
  std::optional<UserId> actor;
  std::optional<UserId> user;
  std::optional<UserId> key_owner;  ///< under whose key the details are sealed; nobody's: the service's
  DetailsState state;
  std::string details;  ///< a JSON object, empty unless readable
};

/// The newest entries, at most `limit`: of everyone, or about one person.
std::vector<AuditEntry> newest_entries(Transaction& tx, const vault::DataKeys& keys, std::int64_t limit);
std::vector<AuditEntry> newest_entries_of(Transaction& tx, const vault::DataKeys& keys, UserId user,
                                          std::int64_t limit);

}  // namespace ostiary::audit
