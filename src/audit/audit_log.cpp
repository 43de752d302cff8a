#include "audit/audit_log.hpp"

#include <boost/json.hpp>

#include "audit/details.hpp"
#include "audit/row_hash.hpp"
#include "audit/statements.hpp"
#include "base/encoding.hpp"
#include "crypto/digest.hpp"

namespace ostiary::audit {
namespace {

std::string_view name_of(Outcome outcome) { return outcome == Outcome::success ? "success" : "refused"; }

template <class I>
std::string text_of(const std::optional<I>& id) {
  return id ? to_string(*id) : std::string();
}

boost::json::string_view json_text(std::string_view text) { return {text.data(), text.size()}; }

/// What the line says, copied: it is written when the event and the call may be gone.
struct Line {
  std::string action, outcome, user, actor_kind, actor, address, reason, trace_id;

  void write(Log& log) const {
    log.write(LogLevel::info, action,
              {{"outcome", outcome},
               {"user_id", user},
               {"actor_kind", actor_kind},
               {"actor_id", actor},
               {"address", address},
               {"reason", reason},
               {"trace_id", trace_id}});
  }
};

void write(Transaction& tx, const statements::EntryRow& row) {
  tx.send(statements::insert_entry, row.id, row.version, row.occurred_at, row.action, row.outcome, row.actor_kind,
          row.actor_id, row.user, row.key_owner, row.details_sealed, row.details_hash, row.row_hash);
  tx.send(statements::insert_unsealed, row.id);
}

}  // namespace

std::string details_text(const Call& call, const Event& event) {
  boost::json::object details;
  details["address"] = json_text(call.address);
  details["user_agent"] = json_text(call.user_agent);
  if (call.device) details["device"] = json_text(to_hex(call.device->hash));
  details["trace_id"] = json_text(call.trace_id);
  details["method"] = json_text(call.method);
  details["reason"] = json_text(event.reason);
  boost::json::object& metadata = details["metadata"].emplace_object();
  for (const auto& [name, value] : event.metadata) metadata[json_text(name)] = json_text(value);
  return boost::json::serialize(details);
}

std::string details_purpose(const AuditId& id) { return "audit details " + to_string(id); }

AuditLog::AuditLog(const vault::DataKeys& keys, const IdSource& ids, Random& random, Log& log)
    : keys_(keys), ids_(ids), random_(random), log_(log) {}

/// Nothing where the event is about nobody who has an account, or their key is gone. The key of a registration is asked
/// for like that of an account: otherwise the time of the call tells which of both it is.
std::optional<Bytes> AuditLog::seal_for_user(Transaction& tx, const Event& event, std::string_view purpose,
                                             BytesView details) const {
  if (!event.user) return std::nullopt;
  if (event.user_is_pending) {
    static_cast<void>(keys_.has_key(tx, *event.user));
    return std::nullopt;
  }
  return keys_.seal(tx, *event.user, purpose, details);
}

void AuditLog::record(Transaction& tx, const Call& call, const Event& event) const {
  const Actor actor = event.actor ? *event.actor : actor_of(call);
  Bytes salted = random_.bytes(details_salt_size);
  const std::string details = details_text(call, event);
  salted.insert(salted.end(), details.begin(), details.end());
  const auto id = ids_.make<AuditId>();
  const std::string purpose = details_purpose(id);
  auto sealed = seal_for_user(tx, event, purpose, salted);
  const auto key_owner = sealed ? event.user : std::nullopt;
  if (!sealed) sealed = keys_.seal_for_service(purpose, salted);
  statements::EntryRow row{.id = id,
                           .version = row_version,
                           .occurred_at = call.received_at,
                           .action = std::string(event.action),
                           .outcome = std::string(name_of(event.outcome)),
                           .actor_kind = std::string(name_of(actor.kind)),
                           .actor_id = actor.id,
                           .user = event.user,
                           .key_owner = key_owner,
                           .details_sealed = *std::move(sealed),
                           .details_hash = crypto::sha256(salted),
                           .row_hash = {}};
  row.row_hash = hash_of(row);
  write(tx, row);
  log_only(tx, call, event);
}

void AuditLog::log_only(Transaction& tx, const Call& call, const Event& event) const {
  const Actor actor = event.actor ? *event.actor : actor_of(call);
  Line line{std::string(event.action), std::string(name_of(event.outcome)),
            text_of(event.user),       std::string(name_of(actor.kind)),
            text_of(actor.id),         call.address,
            std::string(event.reason), call.trace_id};
  tx.after_commit([&log = log_, line = std::move(line)] { line.write(log); });
}

}  // namespace ostiary::audit
