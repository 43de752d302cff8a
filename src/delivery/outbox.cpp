#include "delivery/outbox.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "delivery/statements.hpp"

namespace ostiary::delivery {

void announce(Transaction& tx, const IdSource& ids, Time now, const Event& event) {
  const std::string topic = std::string(event.type.substr(0, event.type.find('.'))) + ".events";
  boost::json::object payload;
  for (const auto& [name, value] : event.payload) payload[name] = value;
  tx.send(statements::insert_event, ids.make<EventId>(), topic, event.type, event.aggregate_id, event.aggregate_version,
          boost::json::serialize(payload), now);
}

}  // namespace ostiary::delivery
