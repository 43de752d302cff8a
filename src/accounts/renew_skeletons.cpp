#include "accounts/renew_skeletons.hpp"

#include "accounts/statements.hpp"
#include "limits/username.hpp"

namespace ostiary::accounts {

namespace {

using Names = std::vector<statements::NameRow>;

/// Up to where names were listed.
struct Place {
  std::string version;
  UserId id;
};

void renew(Transaction& tx, const Names& names) {
  const std::string version = limits::skeleton_version();
  for (const auto& name : names) {
    std::optional skeleton = limits::username_skeleton(name.username.value());
    if (tx.optional(statements::find_skeleton_of_version, *skeleton, version)) skeleton.reset();
    tx.execute(statements::set_skeleton, name.id, version, skeleton);
  }
}

/// Renews what `list` gives behind a place. Each batch begins behind the one before: what that has changed leaves dead
/// entries in the index, which the next must not walk over again.
std::int64_t renew_behind(Database& db, Place place, Names (*list)(Transaction&, const Place&)) {
  for (std::int64_t renewed = 0;;) {
    const Names names = *db.transaction([&](Transaction& tx) -> Result<Names> {
      Names found = list(tx, place);
      renew(tx, found);
      return found;
    });
    if (names.empty()) return renewed;
    renewed += static_cast<std::int64_t>(names.size());
    place = {names.back().skeleton_version.value(), names.back().id};
  }
}

/// Before the first name of any version.
const Place beginning{};

/// Behind the last name of a version.
Place end_of(const std::string& version) {
  Place place{version, {}};
  place.id.uuid.bytes.fill(0xff);
  return place;
}

Names older(Transaction& tx, const Place& behind) {
  return tx.all(statements::list_older_skeletons, behind.version, behind.id, limits::skeleton_version());
}

Names newer(Transaction& tx, const Place& behind) {
  return tx.all(statements::list_newer_skeletons, behind.version, behind.id);
}

}  // namespace

std::int64_t renew_skeletons(Database& db) {
  return renew_behind(db, beginning, older) + renew_behind(db, end_of(limits::skeleton_version()), newer);
}

bool has_skeletons_to_renew(Database& db) {
  return *db.read([](Transaction& tx) -> Result<bool> {
    return !older(tx, beginning).empty() || !newer(tx, end_of(limits::skeleton_version())).empty();
  });
}

}  // namespace ostiary::accounts
