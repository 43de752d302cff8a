#include "audit/audit_log.hpp"

#include <boost/json.hpp>

#include "audit/details.hpp"
#include "audit/statements.hpp"
#include "base/encoding.hpp"
#include "crypto/digest.hpp"

namespace ostiary::audit {
namespace {

std::string_view name_of(Outcome outcome) { return outcome == Outcome::success ? "success" : "refused"; }

std::string text_of(const std::optional<UserId>& id) { return id ? to_string(*id) : std::string(); }

boost::json::string_view json_text(std::string_view text) { return {text.data(), text.size()}; }

/// What the line says, copied: it is written when the event and the call may be gone.
struct Line {
  std::string action, outcome, user, actor, address, reason, trace_id;

  void write(Log& log) const {
    log.write(LogLevel::info, action,
              {{"outcome", outcome},
               {"user_id", user},
               {"actor_id", actor},
               {"address", address},
               {"reason", reason},
               {"trace_id", trace_id}});
  }
};

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

/// Nothing where the event is about nobody, or their key is gone.
std::optional<Bytes> AuditLog::seal_for_user(Transaction& tx, const Event& event, std::string_view purpose,
                                             BytesView details) const {
  if (!event.user) return std::nullopt;
  if (event.wrapped_key) return keys_.seal(*event.wrapped_key, *event.user, purpose, details);
  return keys_.seal(tx, *event.user, purpose, details);
}

void AuditLog::record(Transaction& tx, const Call& call, const Event& event) const {
  const auto id = ids_.make<AuditId>();
  const auto* const caller = std::get_if<Person>(&call.caller);
  const auto actor = event.actor ? event.actor : caller ? std::optional(caller->user_id) : std::nullopt;
  Bytes salted = random_.bytes(details_salt_size);
  const std::string details = details_text(call, event);
  salted.insert(salted.end(), details.begin(), details.end());
  auto sealed = seal_for_user(tx, event, details_purpose(id), salted);
  const auto key_owner = sealed ? event.user : std::nullopt;
  if (!sealed) sealed = keys_.seal_for_service(details_purpose(id), salted);
  tx.send(statements::insert_entry, id, call.received_at, event.action, name_of(event.outcome), actor, event.user,
          key_owner, *sealed, crypto::sha256(salted));
  Line line{std::string(event.action),
            std::string(name_of(event.outcome)),
            text_of(event.user),
            text_of(actor),
            call.address,
            std::string(event.reason),
            call.trace_id};
  tx.after_commit([&log = log_, line = std::move(line)] { line.write(log); });
}

}  // namespace ostiary::audit
