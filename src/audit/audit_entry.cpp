#include "audit/audit_entry.hpp"

#include "audit/details.hpp"
#include "audit/row_hash.hpp"
#include "audit/statements.hpp"
#include "crypto/digest.hpp"

namespace ostiary::audit {
namespace {

/// Salt and details, if they open.
std::optional<Bytes> open_details(Transaction& tx, const vault::DataKeys& keys, const statements::EntryRow& row) {
  const std::string purpose = details_purpose(row.id);
  return row.key_owner ? keys.open(tx, *row.key_owner, purpose, row.details_sealed)
                       : keys.open_for_service(purpose, row.details_sealed);
}

EntryState judge_entry(const statements::EntryRow& row, const std::optional<Bytes>& salted, bool has_key) {
  if (row.version != row_version || row.row_hash != hash_of(row)) return EntryState::altered;
  if (!has_key) return EntryState::erased;
  const bool fits = salted && salted->size() >= details_salt_size && crypto::sha256(*salted) == row.details_hash;
  return fits ? EntryState::readable : EntryState::altered;
}

AuditEntry open_entry(Transaction& tx, const vault::DataKeys& keys, const statements::EntryRow& row) {
  const auto salted = open_details(tx, keys, row);
  const bool has_key = salted || !row.key_owner || keys.has_key(tx, *row.key_owner);
  const EntryState state = judge_entry(row, salted, has_key);
  const auto details = state == EntryState::readable ? as_text(BytesView(*salted).subspan(details_salt_size)) : "";
  return {row.id,       row.occurred_at, row.action,    row.outcome, row.actor_kind,
          row.actor_id, row.user,        row.key_owner, state,       std::string(details)};
}

std::vector<AuditEntry> open_entries(Transaction& tx, const vault::DataKeys& keys,
                                     const std::vector<statements::EntryRow>& rows) {
  std::vector<AuditEntry> entries;
  for (const statements::EntryRow& row : rows) entries.push_back(open_entry(tx, keys, row));
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
