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
  struct Kind {
    Actor operator()(const Nobody&) const { return ActorKind::nobody; }
    Actor operator()(const HalfPerson& half) const { return half.user_id; }
    Actor operator()(const Person& person) const { return person.user_id; }
    Actor operator()(const Service& service) const { return Actor(ActorKind::service, service.id.uuid); }
    Actor operator()(const Operator&) const { return ActorKind::machine_operator; }
  };
  return std::visit(Kind{}, call.caller);
}

}  // namespace ostiary::audit
