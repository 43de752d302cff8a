#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  std::optional<UserId> user = std::nullopt;   ///< whose account it is about
  std::optional<UserId> actor = std::nullopt;  ///< who did it; the call's caller where it is not said
  std::string_view reason = {};                ///< why it was refused or done: a refusal's name, "logout"
  std::vector<std::pair<std::string, std::string>> metadata = {};  ///< never a secret
  /// The user's data key, wrapped, where the transaction has read it already: it is not looked up again.
  std::optional<BytesView> wrapped_key = std::nullopt;
};

/// The append-only log. A row has time, action, outcome, actor and user in the clear; the details (address, user agent,
/// device, trace id, reason, metadata: a JSON object) are sealed together with a 128-bit salt under the person's data
/// key, or the service's where the event is about nobody known; and the SHA-256 of salt and details, so that erasure
/// leaves the log provable and nothing to guess.
class AuditLog {
 public:
  AuditLog(const vault::DataKeys& keys, const IdSource& ids, Random& random, Log& log);

  /// Writes the row in `tx`, and one structured log line once that commits (also when it commits by `keep`).
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
