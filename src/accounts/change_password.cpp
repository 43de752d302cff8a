#include "accounts/change_password.hpp"

#include "accounts/set_password.hpp"
#include "accounts/statements.hpp"
#include "sessions/freshness.hpp"
#include "sessions/live_session.hpp"
#include "sessions/login.hpp"

namespace ostiary::accounts {

namespace {

using statements::AccountRow;
using statements::PasswordRow;

/// The caller's account with its password, if it has one, and the second factors that renew a session.
struct Own {
  AccountRow account;
  std::optional<PasswordRow> password;
  std::vector<std::string> factors;
};

Result<Own> find_own(Transaction& tx, const Person& person, Time now) {
  if (auto alive = sessions::require_live_session(tx, person, now); !alive) return std::unexpected(alive.error());
  return Own{tx.one(statements::find_account, person.user_id), tx.optional(statements::find_password, person.user_id),
             sessions::renewing_methods_of(tx, person.user_id, now)};
}

/// As for calls that need a fresh login: a session that lacks the account's second factor is not fresh.
bool is_fresh(const Deps& deps, const Person& person, const Own& own, Time now) {
  const bool recent = now - person.auth_time <= deps.fresh_login_within;
  return recent && (sessions::has_second_factor(person) || own.factors.empty());
}

std::unexpected<Refused> wrong_password() {
  return refuse(Refusal::wrong_credentials, "This is not the account's password.", "old_password");
}

/// Charges a guess to the account's budget for sign-ins, until the password turns out to be right.
Result<limits::Reservation> reserve_guess(const Deps& deps, const Call& call) {
  auto& limits = deps.sessions.limits;
  const auto identity = sessions::identity_of(deps.sessions, call.person().user_id, call.device);
  auto buckets = limits.of_account(RateClass::SIGN_IN, identity, call.address, call.device);
  const auto wait = limits.take(buckets, deps.sessions.clock.now());
  if (!wait) return limits::Reservation(limits, std::move(buckets));
  return refuse_for(Refusal::rate_limited, std::chrono::ceil<std::chrono::seconds>(*wait), "Too many wrong passwords.");
}

void record_wrong_password(const Deps& deps, const Call& call) {
  (void)deps.sessions.db.transaction([&](Transaction& tx) -> Result<bool> {
    deps.sessions.audit.record(tx, call,
                               {.action = "user.change_password",
                                .outcome = audit::Outcome::refused,
                                .user = call.person().user_id,
                                .reason = name_of(Refusal::wrong_credentials)});
    return true;
  });
}

/// Whether the caller may change the password: the old one is right, or the login is fresh.
Result<void> check_proof(const Deps& deps, const Call& call, const v1::ChangePasswordRequest& request, const Own& own,
                         Time now) {
  if (!request.has_old_password()) {
    if (is_fresh(deps, call.person(), own, now)) return {};
    auto stale = refuse(Refusal::fresh_login_required, "Send old_password, or reauthenticate.");
    stale.error().facts.emplace_back("methods", sessions::words_of_fresh_login(own.password.has_value(), own.factors));
    return stale;
  }
  const auto& password = own.password;
  auto guess = reserve_guess(deps, call);
  if (!guess) return std::unexpected(guess.error());
  if (password && deps.sessions.hasher.verify(Secret(request.old_password()), password->hash)) return {};
  guess->keep();
  record_wrong_password(deps, call);
  return wrong_password();
}

/// Whether the password that was proven is still the one that was chosen: a login may have put a stronger hash of it
/// into the row.
bool is_still(const std::optional<PasswordRow>& proven, const std::optional<PasswordRow>& now) {
  return proven && now && proven->changed_at == now->changed_at;
}

}  // namespace

Result<v1::ChangePasswordReply> change_password(Deps& deps, const Call& call,
                                                const v1::ChangePasswordRequest& request) {
  const auto& room = deps.sessions;
  const auto& person = call.person();
  const Time now = room.clock.now();
  const auto before = room.db.read([&](Transaction& tx) { return find_own(tx, person, now); });
  if (!before) return std::unexpected(before.error());
  const auto checked = check_new_password(deps, before->account, request.new_password());
  if (!checked) return std::unexpected(checked.error());
  const auto proof = check_proof(deps, call, request, *before, now);
  if (!proof) return std::unexpected(proof.error());
  const std::string hash = room.hasher.hash(Secret(request.new_password()));

  return room.db.transaction([&](Transaction& tx) -> Result<v1::ChangePasswordReply> {
    const auto own = find_own(tx, person, now);
    if (!own) return std::unexpected(own.error());
    if (request.has_old_password() && !is_still(before->password, own->password)) return wrong_password();
    v1::ChangePasswordReply reply;
    reply.set_revoked(replace_password(tx, deps, call,
                                       {.user = person.user_id,
                                        .hash = hash,
                                        .action = "user.change_password",
                                        .spared = person.session_id,
                                        .keep_sessions = request.keep_other_sessions()},
                                       now));
    return reply;
  });
}

}  // namespace ostiary::accounts
