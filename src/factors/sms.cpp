#include "factors/sms.hpp"

#include "accounts/phone.hpp"
#include "accounts/phone_numbers.hpp"
#include "accounts/statements.hpp"
#include "base/encoding.hpp"
#include "factors/changed_factor.hpp"
#include "factors/second_step.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

using accounts::CodeVerdict;

/// A login has one code at a time: its challenge has the id of the login.
VerificationId challenge_of(const PendingLogin& login) { return VerificationId{login.id.uuid}; }

/// What the code proves: that the number can be read by whoever completes this login. The budget of wrong guesses is
/// that of all second factors.
std::string subject_of(const Deps& deps, const PendingLogin& login, const limits::PhoneNumber& number) {
  return to_string(login.id) + " " + to_base64url(accounts::index_of(deps.accounts, number));
}

/// The number of the login's account that codes are texted to.
Result<limits::PhoneNumber> number_of(Transaction& tx, const Deps& deps, const PendingLogin& login) {
  const bool is_on = deps.accounts.sessions.second_step.sms && deps.accounts.texts.enabled;
  auto phone = is_on ? accounts::find_phone(tx, deps.accounts, login.user.id) : std::nullopt;
  if (!phone) return refuse(Refusal::factor_missing, "No code can be texted for this account.");
  return std::move(phone->number);
}

std::unexpected<Refused> no_code() {
  return refuse(Refusal::code_expired, "No code was sent, or it has expired: ask for a new one.", "code");
}

v1::SendLoginTextReply text_code(Transaction& tx, const Deps& deps, const PendingLogin& login,
                                 const limits::PhoneNumber& number, const Digest& device, Time now) {
  const auto id = challenge_of(login);
  const auto subject = subject_of(deps, login, number);
  const auto fresh = accounts::make_code(deps.accounts, accounts::login_sms_purpose, id, subject);
  tx.execute(accounts::statements::delete_challenge, id);
  const auto times = accounts::write_challenge(tx, deps.accounts,
                                               {id, accounts::login_sms_purpose, login.user.id, subject, device,
                                                deps.accounts.sessions.second_step.time_to_complete},
                                               fresh, now);
  const auto account = tx.one(accounts::statements::find_account, login.user.id);
  accounts::order_code_text(tx, deps.accounts, login.user.id, accounts::login_sms_purpose, fresh, number,
                            account.locale, now);
  v1::SendLoginTextReply reply;
  reply.set_phone_hint(limits::masked(number));
  sessions::set_time(*reply.mutable_expires_at(), times.expires_at);
  sessions::set_time(*reply.mutable_resend_at(), times.resend_at);
  return reply;
}

}  // namespace

Result<v1::SendLoginTextReply> send_login_text(Deps& deps, const Call& call, const v1::SendLoginTextRequest& request) {
  const auto& room = deps.accounts.sessions;
  const Time now = room.clock.now();
  return room.db.transaction([&](Transaction& tx) -> Result<v1::SendLoginTextReply> {
    const auto login = find_pending_login(tx, deps, call, Secret(request.mfa_token()), now);
    if (!login) return std::unexpected(login.error());
    const auto number = number_of(tx, deps, *login);
    if (!number) return std::unexpected(number.error());
    const auto before = tx.optional(accounts::statements::find_challenge, challenge_of(*login),
                                    std::string(accounts::login_sms_purpose));
    if (before) {
      if (const auto wait = accounts::wait_for_resend(before->resend_at, deps.accounts.code_policy, now)) {
        return refuse_for(Refusal::resend_too_early, *wait, "A code was sent a moment ago.");
      }
    }
    auto counted =
        accounts::count_text(tx, deps.accounts, call, login->user.id, *number, accounts::TextUse::login, now);
    if (!counted) return tx.keep(std::unexpected(counted.error()));
    room.audit.log_only(tx, call, {.action = "session.start", .user = login->user.id, .reason = "code_texted"});
    return text_code(tx, deps, *login, *number, call.device ? call.device->hash : Digest{}, now);
  });
}

Result<v1::TokenReply> verify_login_text(Deps& deps, const Call& call, const v1::VerifyLoginTextRequest& request) {
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto login = find_pending_login(tx, deps, call, Secret(request.mfa_token()), now);
    if (!login) return std::unexpected(login.error());
    const auto number = number_of(tx, deps, *login);
    if (!number) return std::unexpected(number.error());
    const auto challenge = tx.optional(accounts::statements::find_challenge, challenge_of(*login),
                                       std::string(accounts::login_sms_purpose));
    if (!challenge || challenge->subject != subject_of(deps, *login, *number)) return no_code();
    const auto verdict = accounts::try_code(tx, deps.accounts, *challenge, accounts::digits_of(request.code()), now);
    switch (verdict) {
      case CodeVerdict::right:
        tx.execute(accounts::statements::delete_challenge, challenge->id);
        return complete_pending_login(tx, deps, call, *login, "sms", request.remember_device(), now);
      case CodeVerdict::wrong: return refuse_wrong_factor(tx, deps, call, *login, Refusal::wrong_code, now);
      case CodeVerdict::unknown: return tx.keep(no_code());
      default: return tx.keep(accounts::refusal_for(tx, deps.accounts, *challenge, verdict, now));
    }
  });
}

Result<v1::RemovePhoneReply> remove_phone(Deps& deps, const Call& call, const v1::RemovePhoneRequest&) {
  const auto& room = deps.accounts.sessions;
  const Time now = room.clock.now();
  return room.db.transaction([&](Transaction& tx) -> Result<v1::RemovePhoneReply> {
    if (const auto removed = accounts::remove_phone(tx, deps.accounts, call, now); !removed) {
      return std::unexpected(removed.error());
    }
    if (room.second_step.sms) {
      const auto settled = settle_removed_factor(tx, deps, call.person().user_id, now);
      if (!settled) return std::unexpected(settled.error());
    }
    return v1::RemovePhoneReply{};
  });
}

}  // namespace ostiary::factors
