#include "factors/enrol_totp.hpp"

#include "factors/backup_codes.hpp"
#include "factors/changed_factor.hpp"
#include "factors/second_step.hpp"
#include "factors/totp.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

/// A login may enrol only the first factor: whoever has one must present it.
Result<PendingLogin> find_enrolling_login(Transaction& tx, const Deps& deps, const Call& call,
                                          const std::string& mfa_token, Time now) {
  auto login = find_pending_login(tx, deps, call, Secret(mfa_token), now);
  if (login && !methods_of(tx, deps, login->user.id, now).empty()) {
    return refuse(Refusal::factor_exists, "The account has a second factor: present it.");
  }
  return login;
}

}  // namespace

Result<v1::TotpOffer> enrol_totp(Deps& deps, const Call& call, const v1::EnrolTotpRequest& request) {
  const Time now = deps.accounts.sessions.clock.now();
  const Bytes secret = draw_secret(deps);
  const auto account = deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<std::string> {
    const auto login = find_enrolling_login(tx, deps, call, request.mfa_token(), now);
    if (!login) return std::unexpected(login.error());
    return offer_secret(tx, deps, login->user, secret, request.label(), now);
  });
  if (!account) return std::unexpected(account.error());
  return offer_reply(deps, *account, secret, now);
}

Result<v1::EnrolReply> confirm_enrolled_totp(Deps& deps, const Call& call, const v1::VerifyTotpRequest& request) {
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::EnrolReply> {
    const auto login = find_enrolling_login(tx, deps, call, request.mfa_token(), now);
    if (!login) return std::unexpected(login.error());
    const auto taken = take_offer(tx, deps, call, login->user.id, request.code(), now);
    if (!taken && taken.error().why == Refusal::wrong_code) {
      return refuse_wrong_factor(tx, deps, call, *login, Refusal::wrong_code, now);
    }
    if (!taken) return std::unexpected(taken.error());
    v1::EnrolReply reply;
    for (auto& code : make_backup_codes(tx, deps, login->user.id, now)) reply.add_backup_codes(std::move(code));
    sessions::put_tokens(reply, complete_pending_login(tx, deps, call, *login, "otp", request.remember_device(), now));
    return reply;
  });
}

}  // namespace ostiary::factors
