#include "accounts/change_status.hpp"

#include "accounts/statements.hpp"
#include "accounts/status.hpp"
#include "delivery/outbox.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/no_such_user.hpp"
#include "sessions/statements.hpp"

namespace ostiary::accounts {

namespace {

/// How a change of status is called in the log and in the outbox.
struct StatusNames {
  std::string_view status, action, event;
};
constexpr StatusNames disabling{disabled_status, "user.disable", "user.disabled"};
constexpr StatusNames enabling{active_status, "user.enable", "user.enabled"};

StatusVerdict verdict_on(Transaction& tx, UserId user, std::string_view wanted) {
  const auto found = tx.optional(sessions::statements::find_user, user);
  return judge_status(found ? std::optional<std::string_view>(found->status) : std::nullopt, wanted);
}

void write_status(Transaction& tx, const sessions::Deps& deps, UserId user, const StatusNames& names, Time now) {
  const auto written = tx.one(statements::set_status, user, std::string(names.status), now);
  deps.invalidation.publish(tx, user);
  delivery::announce(tx, deps.ids, now, {names.event, user.uuid, written.version, {{"user_id", to_string(user)}}});
}

/// With `end_sessions` those that are left end as well.
Result<StatusChange> change_status(const sessions::Deps& deps, const Call& call, UserId user, const StatusNames& names,
                                   bool end_sessions) {
  const Time now = deps.clock.now();
  return deps.db.transaction([&](Transaction& tx) -> Result<StatusChange> {
    const auto verdict = verdict_on(tx, user, names.status);
    if (verdict == StatusVerdict::gone) return sessions::no_such_user();
    StatusChange change{.changed = verdict == StatusVerdict::changes};
    if (change.changed) write_status(tx, deps, user, names, now);
    if (end_sessions) {
      change.ended_sessions = sessions::end_sessions_of(tx, deps, user, std::nullopt, "account_disabled", now);
    }
    if (change.changed || change.ended_sessions > 0) {
      deps.audit.record(tx, call,
                        {.action = names.action,
                         .user = user,
                         .metadata = {{"ended_sessions", std::to_string(change.ended_sessions)}}});
    }
    return change;
  });
}

}  // namespace

Result<StatusChange> disable_account(const Deps& deps, const Call& call, UserId user) {
  return change_status(deps.sessions, call, user, disabling, true);
}

Result<StatusChange> enable_account(const Deps& deps, const Call& call, UserId user) {
  return change_status(deps.sessions, call, user, enabling, false);
}

}  // namespace ostiary::accounts
