#include "storage/serving_role.hpp"

#include <algorithm>

#include "storage/statements.hpp"

namespace ostiary::storage {
namespace {

constexpr std::string_view all_that_serving_needs = "SELECT, INSERT, UPDATE, DELETE";

/// A name between double quotes, as SQL takes any.
std::string as_identifier(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

std::string grants(const TableRights& rights, const std::string& schema, const std::string& role) {
  const std::string on_table = " ON TABLE " + as_identifier(rights.table);
  return "GRANT USAGE ON SCHEMA " + schema + " TO " + role + "; REVOKE ALL" + on_table + " FROM " + role + "; GRANT " +
         std::string(serving_privileges(rights.table)) + on_table + " TO " + role + "; ";
}

std::vector<TableRights> misfits(Transaction& tx, const std::string& role) {
  auto rights = tx.all(statements::list_table_rights, role);
  std::erase_if(rights, fits_serving);
  return rights;
}

[[noreturn]] void refuse_role(const std::string& role, const std::string& why) {
  throw StartupError("DATABASE_SERVING_ROLE: the role " + role + " " + why);
}

void expect_bound_by_grants(const std::vector<TableRights>& rights, const std::string& role) {
  const auto unbound = std::ranges::find_if(rights, &TableRights::may_act_as_owner);
  if (unbound == rights.end()) return;
  refuse_role(role, "may act as the owner of the table " + unbound->table + ", whom no grant binds; name another");
}

}  // namespace

std::string_view serving_privileges(std::string_view table) {
  if (table == "schema_migrations") return "SELECT";
  if (table == "audit_log") return "SELECT, INSERT";
  return all_that_serving_needs;
}

bool fits_serving(const TableRights& rights) {
  const std::string_view needed = serving_privileges(rights.table);
  const auto fits = [&](bool may, std::string_view privilege) { return may == needed.contains(privilege); };
  return rights.may_use_schema && !rights.may_act_as_owner && fits(rights.may_select, "SELECT") &&
         fits(rights.may_insert, "INSERT") && fits(rights.may_update, "UPDATE") && fits(rights.may_delete, "DELETE") &&
         (!rights.may_truncate || needed == all_that_serving_needs);
}

void expect_grantable(Database& db, const std::string& role) {
  const auto [found, rights] = *db.read([&](Transaction& tx) {
    using Seen = std::pair<std::optional<statements::ServingRoleRow>, std::vector<TableRights>>;
    const auto known = tx.optional(statements::find_serving_role, role);
    return Result<Seen>(Seen{known, known ? tx.all(statements::list_table_rights, role) : std::vector<TableRights>{}});
  });
  if (!found) refuse_role(role, "does not exist: CREATE ROLE makes it");
  expect_bound_by_grants(rights, role);
  if (rights.empty() && found->may_act_as_us) {
    refuse_role(role, "may act as the role that is to own the tables, whom no grant binds; name another");
  }
}

std::string role_of(Database& db) {
  return (*db.read([](Transaction& tx) -> Result<statements::RoleNameRow> { return tx.one(statements::ask_role); }))
      .name;
}

void grant_serving(Database& db, const std::string& role, const Clock& clock, const OnWait& on_wait) {
  const SchemaLock lock(db, clock, schema_lease_length / 3, on_wait);
  db.change_schema([&](Connection& connection) {
    Transaction tx(connection);
    const auto before = misfits(tx, role);
    expect_bound_by_grants(before, role);
    if (before.empty()) return false;
    const std::string schema = as_identifier(tx.one(statements::ask_schema).name);
    for (const TableRights& rights : before) connection.run_script(grants(rights, schema, as_identifier(role)));
    const auto after = misfits(tx, role);
    if (after.empty()) return true;
    refuse_role(role, "has other rights on the table " + after.front().table +
                          " than were granted to it: see what PUBLIC and its roles may do");
  });
}

}  // namespace ostiary::storage
