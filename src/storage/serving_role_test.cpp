#include "storage/serving_role.hpp"

#include <gtest/gtest.h>

namespace ostiary::storage {
namespace {

struct Row {
  const char* name;
  TableRights rights;
  bool fits;
};

TEST(ServingRole, NeedsItsRightsAndHasNoneThatTheAuditLogMustBeSafeFrom) {
  // In this order: the schema's use, SELECT, INSERT, UPDATE, DELETE, TRUNCATE, acts as the owner.
  const Row table[] = {
      {"all that a server does", {"users", true, true, true, true, true, false, false}, true},
      {"TRUNCATE besides", {"users", true, true, true, true, true, true, false}, true},
      {"no schema", {"users", false, true, true, true, true, false, false}, false},
      {"no SELECT", {"users", true, false, true, true, true, false, false}, false},
      {"no INSERT", {"users", true, true, false, true, true, false, false}, false},
      {"no UPDATE", {"users", true, true, true, false, true, false, false}, false},
      {"no DELETE", {"users", true, true, true, true, false, false, false}, false},
      {"the owner", {"users", true, true, true, true, true, true, true}, false},
      {"the log is read and added to", {"audit_log", true, true, true, false, false, false, false}, true},
      {"the log can't be added to", {"audit_log", true, true, false, false, false, false, false}, false},
      {"the log can be changed", {"audit_log", true, true, true, true, false, false, false}, false},
      {"the log can be deleted from", {"audit_log", true, true, true, false, true, false, false}, false},
      {"the log can be emptied", {"audit_log", true, true, true, false, false, true, false}, false},
      {"the log's owner", {"audit_log", true, true, true, false, false, false, true}, false},
      {"migrations are read", {"schema_migrations", true, true, false, false, false, false, false}, true},
      {"migrations can be added to", {"schema_migrations", true, true, true, false, false, false, false}, false},
      {"what is not sealed yet will be deleted", {"audit_unsealed", true, true, true, true, true, false, false}, true},
  };
  for (const Row& row : table) EXPECT_EQ(fits_serving(row.rights), row.fits) << row.name;
}

}  // namespace
}  // namespace ostiary::storage
