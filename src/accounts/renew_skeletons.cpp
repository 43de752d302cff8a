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

void renew(Transaction& tx, const Names& names, const std::string& version) {
  for (const auto& name : names) {
    std::optional skeleton = limits::username_skeleton(name.username.value());
    if (tx.optional(statements::find_skeleton_of_version, *skeleton, version)) skeleton.reset();
    tx.execute(statements::set_skeleton, name.id, version, skeleton);
  }
}

/// Renews what `list` gives behind a place. Each batch begins behind the one before: what that has changed leaves dead
/// entries in the index, which the next must not walk over again.
template <class List>
std::int64_t renew_behind(Database& db, Place place, const std::string& version, const List& list) {
  for (std::int64_t renewed = 0;;) {
    const Names names = *db.transaction([&](Transaction& tx) -> Result<Names> {
      Names found = list(tx, place);
      renew(tx, found, version);
      return found;
    });
    if (names.empty()) return renewed;
    renewed += static_cast<std::int64_t>(names.size());
    place = {names.back().skeleton_version.value(), names.back().id};
  }
}

UserId last_id() {
  UserId id;
  id.uuid.bytes.fill(0xff);
  return id;
}

}  // namespace

std::int64_t renew_skeletons(Database& db) {
  const std::string version = limits::skeleton_version();
  const auto older = [&](Transaction& tx, const Place& place) {
    return tx.all(statements::list_older_skeletons, place.version, place.id, version);
  };
  const auto newer = [](Transaction& tx, const Place& place) {
    return tx.all(statements::list_newer_skeletons, place.version, place.id);
  };
  return renew_behind(db, {}, version, older) + renew_behind(db, {version, last_id()}, version, newer);
}

bool has_skeletons_to_renew(Database& db) {
  return *db.read([](Transaction& tx) -> Result<bool> {
    return tx.one(statements::are_skeletons_of_other_versions, limits::skeleton_version()).some;
  });
}

}  // namespace ostiary::accounts
