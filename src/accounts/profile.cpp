#include "accounts/profile.hpp"

#include "accounts/phone_numbers.hpp"
#include "delivery/outbox.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

using statements::AccountRow;

v1::Profile message(Transaction& tx, const Deps& deps, const AccountRow& row) {
  v1::Profile profile;
  profile.set_user_id(to_string(row.id));
  if (row.email) profile.set_email(*row.email);
  profile.set_email_verified(row.email_verified);
  if (row.username) profile.set_username(*row.username);
  profile.set_display_name(row.display_name);
  profile.set_avatar_url(row.avatar_url);
  profile.set_locale(row.locale);
  profile.set_time_zone(row.time_zone);
  sessions::set_time(*profile.mutable_created_at(), row.created_at);
  sessions::set_time(*profile.mutable_updated_at(), std::max(row.updated_at, row.profile_updated_at));
  if (row.last_login_at) sessions::set_time(*profile.mutable_last_login_at(), *row.last_login_at);
  if (const auto phone = find_phone(tx, deps, row.id)) profile.set_phone_number(phone->number.e164);
  profile.set_phone_verified(profile.has_phone_number());
  return profile;
}

/// Writes the fields that are given into `row`; gives the names of those that changed, with commas between.
std::string apply(const v1::UpdateProfileRequest& request, AccountRow& row) {
  std::string changed;
  const auto set = [&changed](std::string& target, const std::string& value, std::string_view name) {
    if (target == value) return;
    target = value;
    if (!changed.empty()) changed += ',';
    changed += name;
  };
  if (request.has_display_name()) set(row.display_name, request.display_name(), "display_name");
  if (request.has_avatar_url()) set(row.avatar_url, request.avatar_url(), "avatar_url");
  if (request.has_locale()) set(row.locale, request.locale().empty() ? "en" : request.locale(), "locale");
  if (request.has_time_zone())
    set(row.time_zone, request.time_zone().empty() ? "UTC" : request.time_zone(), "time_zone");
  return changed;
}

}  // namespace

Result<AccountRow> own_account(Transaction& tx, const Call& call) {
  auto row = tx.optional(statements::find_account, call.person().user_id);
  if (!row) return refuse(Refusal::session_ended, "This account was deleted.");
  return *std::move(row);
}

Result<v1::Profile> get_profile(Deps& deps, const Call& call, const v1::GetProfileRequest&) {
  return deps.sessions.db.read([&](Transaction& tx) -> Result<v1::Profile> {
    const auto row = own_account(tx, call);
    if (!row) return std::unexpected(row.error());
    return message(tx, deps, *row);
  });
}

Result<v1::Profile> update_profile(Deps& deps, const Call& call, const v1::UpdateProfileRequest& request) {
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::Profile> {
    auto found = own_account(tx, call);
    if (!found) return std::unexpected(found.error());
    AccountRow& row = *found;
    const auto changed = apply(request, row);
    if (changed.empty()) return message(tx, deps, row);
    tx.execute(statements::update_profile, row.id, row.display_name, row.avatar_url, row.locale, row.time_zone, now);
    const auto touched = tx.one(statements::touch_user, row.id, now);
    deps.sessions.invalidation.publish(tx, row.id);
    delivery::announce(
        tx, deps.sessions.ids, now,
        {"user.profile_updated", row.id.uuid, touched.version, {{"user_id", to_string(row.id)}, {"changed", changed}}});
    deps.sessions.audit.record(tx, call,
                               {.action = "profile.update", .user = row.id, .metadata = {{"changed", changed}}});
    return message(tx, deps, tx.one(statements::find_account, row.id));
  });
}

}  // namespace ostiary::accounts
