#include "audit/actor.hpp"

#include <stdexcept>

namespace ostiary::audit {

std::string_view name_of(ActorKind kind) {
  switch (kind) {
    case ActorKind::person: return "person";
    case ActorKind::machine_operator: return "operator";
    case ActorKind::service: return "service";
    case ActorKind::system: return "system";
    case ActorKind::nobody: return "nobody";
  }
  throw std::logic_error("an actor of no kind");
}

Actor actor_of(const Call& call) {
  if (call.by_operator) return ActorKind::machine_operator;
  if (call.caller) return call.caller->user_id;
  return ActorKind::nobody;
}

}  // namespace ostiary::audit
