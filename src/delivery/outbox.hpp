#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "storage/database.hpp"

namespace ostiary::delivery {

/// An event for other services. `type` is like "user.registered"; the topic is the type's first part followed by
/// ".events". `payload` becomes a JSON object of strings: ids and names of facts, no secrets, and no personal data
/// except the user's id.
struct Event {
  std::string_view type;
  Uuid aggregate_id;
  std::int64_t aggregate_version;  ///< incremented with the aggregate's row, in the same transaction
  std::vector<std::pair<std::string, std::string>> payload = {};
};

/// Writes the event to the outbox in `tx`, with a stable id. A relay (planned) publishes it afterwards, at least once
/// and in the order of the aggregate's versions.
void announce(Transaction& tx, const IdSource& ids, Time now, const Event& event);

}  // namespace ostiary::delivery
