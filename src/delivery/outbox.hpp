#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "storage/database.hpp"

namespace ostiary::delivery {

/// Something other services may want to know of. `type` as in "user.registered"; the topic is the type's first part
/// with ".events" behind it. `payload` becomes a JSON object of texts: ids and names of facts, never a secret and no
/// personal data beyond the user's id.
struct Event {
  std::string_view type;
  Uuid aggregate_id;
  std::int64_t aggregate_version;  ///< counted up with the aggregate's row, in the same transaction
  std::vector<std::pair<std::string, std::string>> payload = {};
};

/// Writes the event into the outbox as part of `tx`; the relay publishes it afterwards, at least once, in the order of
/// the aggregate's versions, under the stable id that this gives it.
void announce(Transaction& tx, const IdSource& ids, Time now, const Event& event);

}  // namespace ostiary::delivery
