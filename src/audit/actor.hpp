#pragma once

#include <optional>
#include <string_view>

#include "base/call.hpp"
#include "base/id.hpp"

namespace ostiary::audit {

/// The kind of an actor.
enum class ActorKind {
  person,            ///< a user who is signed in, signs in or registers; the id is the user's
  machine_operator,  ///< an operator's command
  service,           ///< a calling service; the id is the service's
  system,            ///< the program itself
  nobody,            ///< an unauthenticated caller
};

/// The name in the log's `actor_kind`: "operator" for a machine_operator.
std::string_view name_of(ActorKind kind);

/// Who did something.
struct Actor {
  Actor(ActorKind kind, std::optional<Uuid> id = std::nullopt)  // NOLINT: a kind stands for an actor without an id
      : kind(kind), id(id) {}
  Actor(UserId person) : Actor(ActorKind::person, person.uuid) {}  // NOLINT: a user's id stands for the person
  bool operator==(const Actor&) const = default;

  ActorKind kind;
  std::optional<Uuid> id;
};

/// Who makes a call.
Actor actor_of(const Call& call);

}  // namespace ostiary::audit
