#include "audit/audit_entry.hpp"

#include "audit/details.hpp"
#include "audit/statements.hpp"
#include "crypto/digest.hpp"

namespace ostiary::audit {
namespace {

AuditEntry open_entry(Transaction& tx, const vault::DataKeys& keys, statements::EntryRow row) {
  AuditEntry entry{row.id,    row.occurred_at, std::move(row.action), std::move(row.outcome),
                   row.actor, row.user,        row.key_owner,         DetailsState::readable,
                   {}};
  const std::string purpose = details_purpose(row.id);
  const auto salted = row.key_owner ? keys.open(tx, *row.key_owner, purpose, row.details_sealed)
                                    : keys.open_for_service(purpose, row.details_sealed);
  if (!salted) {
    const bool has_key = !row.key_owner || keys.has_key(tx, *row.key_owner);
    entry.state = has_key ? DetailsState::tampered : DetailsState::erased;
  } else if (salted->size() < details_salt_size || crypto::sha256(*salted) != row.details_hash) {
    entry.state = DetailsState::tampered;
  } else {
    entry.details = as_text(BytesView(*salted).subspan(details_salt_size));
  }
  return entry;
}

std::vector<AuditEntry> open_entries(Transaction& tx, const vault::DataKeys& keys,
                                     std::vector<statements::EntryRow> rows) {
  std::vector<AuditEntry> entries;
  for (statements::EntryRow& row : rows) entries.push_back(open_entry(tx, keys, std::move(row)));
  return entries;
}

}  // namespace

std::vector<AuditEntry> newest_entries(Transaction& tx, const vault::DataKeys& keys, std::int64_t limit) {
  return open_entries(tx, keys, tx.all(statements::list_entries, limit));
}

std::vector<AuditEntry> newest_entries_of(Transaction& tx, const vault::DataKeys& keys, UserId user,
                                          std::int64_t limit) {
  return open_entries(tx, keys, tx.all(statements::list_entries_of_user, user, limit));
}

}  // namespace ostiary::audit
