#include "accounts/renew_skeletons.hpp"

#include "accounts/statements.hpp"
#include "limits/username.hpp"

namespace ostiary::accounts {

namespace {

std::int64_t renew_some(Transaction& tx, const Statement<statements::NameRow(std::string)>& list,
                        const std::string& version) {
  const auto rows = tx.all(list, version);
  for (const auto& row : rows) {
    std::optional skeleton = limits::username_skeleton(row.username.value());
    if (tx.optional(statements::find_skeleton, version, *skeleton)) skeleton.reset();
    tx.execute(statements::set_skeleton, row.id, version, skeleton);
  }
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace

std::int64_t renew_skeletons(Database& db) {
  const std::string version = limits::skeleton_version();
  std::int64_t renewed = 0;
  for (const auto* list : {&statements::list_older_skeletons, &statements::list_newer_skeletons}) {
    while (const auto some = *db.transaction(
               [&](Transaction& tx) -> Result<std::int64_t> { return renew_some(tx, *list, version); })) {
      renewed += some;
    }
  }
  return renewed;
}

}  // namespace ostiary::accounts
