#include "access/roles.hpp"

#include <algorithm>

#include "access/statements.hpp"
#include "delivery/outbox.hpp"

namespace ostiary::access {

namespace {

RoleId role_named(Transaction& tx, const IdSource& ids, const std::string& name) {
  if (const auto role = tx.optional(statements::find_role, name)) return role->id;
  const auto id = ids.make<RoleId>();
  tx.execute(statements::insert_role, id, name);
  return id;
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
    if (tx.execute(statements::grant_role, user, role_named(tx, deps.ids, name)) == 0) return false;
    const auto touched = tx.optional(statements::touch_user, user, now);
    if (!touched) return refuse(Refusal::not_found, "There is no such user.");
    deps.invalidation.publish(tx, user);
    delivery::announce(
        tx, deps.ids, now,
        {"user.roles_changed", user.uuid, touched->version, {{"user_id", to_string(user)}, {"granted", name}}});
    deps.audit.record(tx, call, {.action = "user.grant_role", .user = user, .metadata = {{"role", name}}});
    return true;
  });
}

}  // namespace ostiary::access
