#include "factors/totp.hpp"

#include <algorithm>
#include <iterator>

#include "base/encoding.hpp"
#include "factors/backup_codes.hpp"
#include "factors/changed_factor.hpp"
#include "factors/qr_code.hpp"
#include "factors/second_step.hpp"
#include "factors/statements.hpp"
#include "sessions/live_session.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

using Verdict = crypto::TotpMatch::Verdict;

constexpr std::string_view sealing_purpose = "totp secret";
constexpr std::chrono::hours offer_lifetime{1};

/// A code as an app shows it, however it was typed.
std::string digits_of(std::string_view typed) {
  std::string digits;
  std::ranges::copy_if(typed, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

Bytes open_secret(Transaction& tx, const Deps& deps, UserId user, BytesView sealed) {
  auto secret = deps.accounts.data_keys.open(tx, user, sealing_purpose, sealed);
  if (!secret) throw std::runtime_error("the data key of a TOTP secret is missing");
  return *std::move(secret);
}

/// As authenticator apps read it: the label has the service and the account
/// (github.com/google/google-authenticator/wiki/Key-Uri-Format).
std::string uri_of(const Deps& deps, const std::string& account, const std::string& secret) {
  const std::string issuer = percent_encode(deps.accounts.service_name);
  return "otpauth://totp/" + issuer + ":" + percent_encode(account) + "?secret=" + secret + "&issuer=" + issuer +
         "&algorithm=SHA1&digits=6&period=30";
}

crypto::TotpMatch match(Transaction& tx, const Deps& deps, UserId user, const statements::TotpRow& row,
                        std::string_view code, Time now) {
  return crypto::match_totp(open_secret(tx, deps, user, row.sealed_secret), digits_of(code), row.last_step, now);
}

}  // namespace

Bytes draw_secret(const Deps& deps) { return deps.accounts.sessions.random.bytes(crypto::totp_secret_bytes); }

std::string offer_secret(Transaction& tx, const Deps& deps, const sessions::statements::UserRow& user,
                         const Bytes& secret, const std::string& label, Time now) {
  const auto sealed = deps.accounts.data_keys.seal(tx, user.id, sealing_purpose, secret);
  if (!sealed) throw std::runtime_error("the data key of an account is missing");
  tx.execute(statements::offer_totp, user.id, *sealed, label, now);
  return user.email.value_or(user.username.value_or(to_string(user.id)));
}

v1::TotpOffer offer_reply(const Deps& deps, const std::string& account, const Bytes& secret, Time now) {
  v1::TotpOffer offer;
  offer.set_secret(crypto::to_base32(secret));
  offer.set_otpauth_uri(uri_of(deps, account, offer.secret()));
  const QrCode code(offer.otpauth_uri());
  offer.set_qr_svg(code.svg());
  offer.set_qr_png(to_base64(code.png()));
  sessions::set_time(*offer.mutable_expires_at(), now + offer_lifetime);
  return offer;
}

Result<void> take_offer(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view code,
                        Time now) {
  const auto offered = tx.optional(statements::find_totp, user, false);
  if (!offered || now >= offered->created_at + offer_lifetime) {
    return refuse(Refusal::factor_missing, "No secret is offered, or it is too old: ask for another one.");
  }
  const auto found = match(tx, deps, user, *offered, code, now);
  if (found.verdict != Verdict::right) {
    return refuse(Refusal::wrong_code, "This is not the code that the app should show now. Is its clock right?",
                  "code");
  }
  tx.execute(statements::delete_totp, user, true);
  tx.execute(statements::confirm_totp, user, found.step, now);
  note_changed_factor(tx, deps, call, {user, "totp.add", "totp_added"}, now);
  return {};
}

Result<v1::TotpOffer> generate_totp(Deps& deps, const Call& call, const v1::GenerateTotpRequest& request) {
  const Time now = deps.accounts.sessions.clock.now();
  const Bytes secret = draw_secret(deps);
  const auto account = deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<std::string> {
    if (auto alive = sessions::require_live_session(tx, call.person(), now); !alive) {
      return std::unexpected(alive.error());
    }
    const auto user = tx.one(sessions::statements::find_user, call.person().user_id);
    return offer_secret(tx, deps, user, secret, request.label(), now);
  });
  if (!account) return std::unexpected(account.error());
  return offer_reply(deps, *account, secret, now);
}

Result<v1::ConfirmTotpReply> confirm_totp(Deps& deps, const Call& call, const v1::ConfirmTotpRequest& request) {
  const UserId user = call.person().user_id;
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ConfirmTotpReply> {
    if (auto alive = sessions::require_live_session(tx, call.person(), now); !alive) {
      return std::unexpected(alive.error());
    }
    if (const auto taken = take_offer(tx, deps, call, user, request.code(), now); !taken) {
      return std::unexpected(taken.error());
    }
    v1::ConfirmTotpReply reply;
    for (auto& code : make_missing_backup_codes(tx, deps, user, now)) reply.add_backup_codes(std::move(code));
    sessions::add_second_factor(tx, deps.accounts.sessions, call.person(), "otp");
    if (request.end_other_sessions()) end_other_sessions(tx, deps, call, now);
    return reply;
  });
}

Result<v1::RemoveTotpReply> remove_totp(Deps& deps, const Call& call, const v1::RemoveTotpRequest& request) {
  const UserId user = call.person().user_id;
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::RemoveTotpReply> {
    if (tx.execute(statements::delete_totp, user, true) == 0) {
      return refuse(Refusal::factor_missing, "The account has no authenticator app.");
    }
    if (const auto left = settle_removed_factor(tx, deps, user, now); !left) return std::unexpected(left.error());
    note_changed_factor(tx, deps, call, {user, "totp.remove", "totp_removed"}, now);
    if (request.end_other_sessions()) end_other_sessions(tx, deps, call, now);
    return v1::RemoveTotpReply{};
  });
}

TriedCode try_totp(Transaction& tx, const Deps& deps, UserId user, std::string_view code, Time now) {
  const auto row = tx.optional(statements::find_totp, user, true);
  if (!row) return TriedCode::missing;
  const auto found = match(tx, deps, user, *row, code, now);
  if (found.verdict == Verdict::wrong) return TriedCode::wrong;
  if (found.verdict == Verdict::used) return TriedCode::used;
  return tx.execute(statements::use_totp_step, user, found.step, now) == 1 ? TriedCode::right : TriedCode::used;
}

Result<v1::TokenReply> verify_totp(Deps& deps, const Call& call, const v1::VerifyTotpRequest& request) {
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto login = find_pending_login(tx, deps, call, Secret(request.mfa_token()), now);
    if (!login) return std::unexpected(login.error());
    switch (try_totp(tx, deps, login->user.id, request.code(), now)) {
      case TriedCode::missing: return refuse(Refusal::factor_missing, "The account has no authenticator app.");
      case TriedCode::wrong: return refuse_wrong_factor(tx, deps, call, *login, Refusal::wrong_code, now);
      case TriedCode::used:
        return refuse(Refusal::wrong_code, "This code was used before: wait for the next one.", "code");
      case TriedCode::right:
        return complete_pending_login(tx, deps, call, *login, "otp", request.remember_device(), now);
    }
    throw std::logic_error("a code without an answer");
  });
}

}  // namespace ostiary::factors
