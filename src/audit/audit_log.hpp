#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/actor.hpp"
#include "base/call.hpp"
#include "ports/log.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::audit {

enum class Outcome { success, refused };

/// Something that happened. Names are stable: "session.start", "user.register".
struct Event {
  std::string_view action;
  Outcome outcome = Outcome::success;
  std::optional<UserId> user = std::nullopt;  ///< whose account it is about
  std::optional<Actor> actor = std::nullopt;  ///< who did it; `actor_of` the call where it is not said
  std::string_view reason = {};               ///< why it was refused or done: a refusal's name, "logout"
  std::vector<std::pair<std::string, std::string>> metadata = {};  ///< never a secret
  /// The user has no account yet. The details are sealed under the service's key then: a person's key that goes with a
  /// registration would take along what strangers did to it.
  bool user_is_pending = false;
};

/// The append-only log. A row has time, action, outcome, actor and user in the clear; the details (address, user agent,
/// device, trace id, reason, metadata: a JSON object), sealed together with a 128-bit salt under the person's data key,
/// or the service's where the event is about nobody who has an account; the SHA-256 of salt and details; and a hash
/// that binds this one and all that is in the clear (audit/row_hash.hpp). So erasure leaves the log provable and
/// nothing to guess.
class AuditLog {
 public:
  AuditLog(const vault::DataKeys& keys, const IdSource& ids, Random& random, Log& log);

  /// Writes the row in `tx`, notes it as not sealed yet, and writes one structured log line once that commits (also
  /// when it commits by `keep`).
  void record(Transaction& tx, const Call& call, const Event& event) const;

 private:
  std::optional<Bytes> seal_for_user(Transaction& tx, const Event& event, std::string_view purpose,
                                     BytesView details) const;

  const vault::DataKeys& keys_;
  const IdSource& ids_;
  Random& random_;
  Log& log_;
};

}  // namespace ostiary::audit
