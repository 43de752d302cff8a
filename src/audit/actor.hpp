#pragma once

#include <optional>
#include <string_view>

#include "base/call.hpp"
#include "base/id.hpp"

namespace ostiary::audit {

/// What kind of actor did something.
enum class ActorKind {
  person,            ///< who is signed in, or signs in or registers; the id is the user's
  machine_operator,  ///< a command at the machine
  service,           ///< a service that calls; the id is the service's
  system,            ///< the program by itself
  nobody,            ///< a caller who proved nothing
};

/// As the log's `actor_kind` has it: "operator" for a machine_operator.
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
