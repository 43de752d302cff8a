#include "accounts/verify_by_operator.hpp"

#include "accounts/statements.hpp"
#include "accounts/status.hpp"
#include "delivery/outbox.hpp"
#include "sessions/no_such_user.hpp"

namespace ostiary::accounts {

namespace {

std::optional<AddressFacts> facts_about(Transaction& tx, UserId user) {
  const auto row = tx.optional(statements::find_account, user);
  if (!row) return std::nullopt;
  return AddressFacts{row->email.has_value(), row->email_verified};
}

}  // namespace

Result<bool> verify_by_operator(const Deps& deps, const Call& call, UserId user) {
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<bool> {
    switch (judge_vouching(facts_about(tx, user))) {
      case VouchVerdict::gone: return sessions::no_such_user();
      case VouchVerdict::no_address: return refuse(Refusal::invalid_field, "This account has no address to verify.");
      case VouchVerdict::already: return false;
      case VouchVerdict::vouches: break;
    }
    const auto written = tx.one(statements::set_email_verified, user, now);
    deps.sessions.invalidation.publish(tx, user);
    delivery::announce(tx, deps.sessions.ids, now,
                       {"user.verified", user.uuid, written.version, {{"user_id", to_string(user)}}});
    deps.sessions.audit.record(tx, call, {.action = "user.verify_email", .user = user, .reason = "vouched"});
    return true;
  });
}

}  // namespace ostiary::accounts
