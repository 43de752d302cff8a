#include "access/roles.hpp"

#include <algorithm>

#include "access/statements.hpp"
#include "delivery/outbox.hpp"
#include "sessions/no_such_user.hpp"
#include "sessions/statements.hpp"

namespace ostiary::access {

namespace {

RoleId role_named(Transaction& tx, const IdSource& ids, const std::string& name) {
  if (const auto role = tx.optional(statements::find_role, name)) return role->id;
  const auto id = ids.make<RoleId>();
  tx.execute(statements::insert_role, id, name);
  return id;
}

bool exists(Transaction& tx, UserId user) { return tx.optional(sessions::statements::find_user, user).has_value(); }

/// How a change of roles is called in the audit log, and in the event.
struct RoleChange {
  std::string_view action, word;
};
constexpr RoleChange granting{"user.grant_role", "granted"};
constexpr RoleChange removing{"user.remove_role", "removed"};

void tell(Transaction& tx, const sessions::Deps& deps, const Call& call, UserId user, const RoleChange& change,
          const std::string& role, Time now) {
  const auto touched = tx.one(statements::touch_user, user, now);
  deps.invalidation.publish(tx, user);
  delivery::announce(tx, deps.ids, now,
                     {"user.roles_changed",
                      user.uuid,
                      touched.version,
                      {{"user_id", to_string(user)}, {std::string(change.word), role}}});
  deps.audit.record(tx, call, {.action = change.action, .user = user, .metadata = {{"role", role}}});
}

}  // namespace

bool has_permission(const Caller& caller, std::string_view permission) {
  if (permission.empty()) return false;
  if (const auto* const service = std::get_if<Service>(&caller)) {
    return std::ranges::find(service->permissions, permission) != service->permissions.end();
  }
  const auto* const person = std::get_if<Person>(&caller);
  // An administrator has every permission; no other role has any yet.
  return person != nullptr && std::ranges::find(person->roles, admin_role) != person->roles.end();
}

Result<bool> grant_role(const sessions::Deps& deps, const Call& call, UserId user, std::string_view role) {
  const Time now = deps.clock.now();
  const std::string name(role);
  return deps.db.transaction([&](Transaction& tx) -> Result<bool> {
    if (!exists(tx, user)) return sessions::no_such_user();
    if (tx.execute(statements::grant_role, user, role_named(tx, deps.ids, name)) == 0) return false;
    tell(tx, deps, call, user, granting, name, now);
    return true;
  });
}

Result<bool> remove_role(const sessions::Deps& deps, const Call& call, UserId user, std::string_view role) {
  const Time now = deps.clock.now();
  const std::string name(role);
  return deps.db.transaction([&](Transaction& tx) -> Result<bool> {
    if (!exists(tx, user)) return sessions::no_such_user();
    const auto known = tx.optional(statements::find_role, name);
    if (!known && name != admin_role) return refuse(Refusal::not_found, "There is no role '" + name + "'.");
    if (!known || tx.execute(statements::remove_role, user, known->id) == 0) return false;
    tell(tx, deps, call, user, removing, name, now);
    return true;
  });
}

}  // namespace ostiary::access
