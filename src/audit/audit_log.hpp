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

/// An event. Names are stable: "session.start", "user.register".
struct Event {
  std::string_view action;
  Outcome outcome = Outcome::success;
  std::optional<UserId> user = std::nullopt;  ///< the account it is about
  std::optional<Actor> actor = std::nullopt;  ///< who did it; by default `actor_of` the call
  std::string_view reason = {};               ///< why it was refused or done, such as a refusal's name or "logout"
  std::vector<std::pair<std::string, std::string>> metadata = {};  ///< never a secret
  /// The user has no account yet. The details are then encrypted with the service's key, because a key that is deleted
  /// with the registration would also erase what strangers did to it.
  bool user_is_pending = false;
};

/// The append-only log. A row has time, action, outcome, actor and user in clear text; the details (a JSON object of
/// address, user agent, device, trace id, reason and metadata), encrypted with a 128-bit salt under the account's data
/// key, or the service's if the event is not about an account; the SHA-256 of salt and details; and a hash over this
/// hash and all clear columns (audit/row_hash.hpp). After erasure the log can still be verified, and the details cannot
/// be guessed.
class AuditLog {
 public:
  AuditLog(const vault::DataKeys& keys, const IdSource& ids, Random& random, Log& log);

  /// Writes the row in `tx`, marks it as not sealed yet, and writes one log line after the commit (also a commit by
  /// `keep`).
  void record(Transaction& tx, const Call& call, const Event& event) const;

  /// Writes only the log line. For events that strangers can cause at will, which must not fill the append-only
  /// log.
  void log_only(Transaction& tx, const Call& call, const Event& event) const;

 private:
  std::optional<Bytes> seal_for_user(Transaction& tx, const Event& event, std::string_view purpose,
                                     BytesView details) const;

  const vault::DataKeys& keys_;
  const IdSource& ids_;
  Random& random_;
  Log& log_;
};

}  // namespace ostiary::audit
