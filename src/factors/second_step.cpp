#include "factors/second_step.hpp"

#include <algorithm>

#include "factors/guesses.hpp"
#include "factors/remembered_devices.hpp"
#include "factors/statements.hpp"
#include "sessions/pending_login.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

using statements::PendingLoginRow;

std::unexpected<Refused> invalid() {
  return refuse(Refusal::mfa_token_invalid,
                "This login can't be completed: it has expired, was completed, or began on another device (send its "
                "device_id or cookie). Sign in again.",
                "mfa_token");
}

std::optional<PendingLoginFacts> facts_about(const std::optional<PendingLoginRow>& row, const Call& call) {
  if (!row) return std::nullopt;
  return PendingLoginFacts{.expires_at = row->expires_at,
                           .completed = row->completed_at.has_value(),
                           .same_device = call.device && call.device->hash == row->device_hash,
                           .same_password = row->password_changed_at == row->current_password_changed_at,
                           .may_sign_in = row->status == "active"};
}

PendingLogin login_of(const PendingLoginRow& row) {
  return {row.id,
          {row.user_id, row.email, row.email_verified, row.username, row.status, row.user_created_at, row.display_name},
          sessions::split_words(row.amr),
          row.identifier_hash};
}

void note_attempt(Transaction& tx, const Deps& deps, const Call& call, const PendingLogin& login, bool success,
                  std::string_view reason, Time now) {
  tx.send(sessions::statements::insert_login_attempt, deps.accounts.sessions.ids.make<AttemptId>(), login.user.id,
          login.identifier_hash, call.address, call.device ? std::optional(call.device->hash) : std::nullopt, success,
          std::string(reason), now);
}

}  // namespace

PendingLoginVerdict judge_pending_login(const std::optional<PendingLoginFacts>& login, Time now) {
  if (!login || login->completed || !login->same_device) return PendingLoginVerdict::unknown;
  if (!login->same_password || !login->may_sign_in) return PendingLoginVerdict::unknown;
  return now >= login->expires_at ? PendingLoginVerdict::expired : PendingLoginVerdict::good;
}

Result<PendingLogin> find_pending_login(Transaction& tx, const Deps& deps, const Call& call, const Secret& mfa_token,
                                        Time now) {
  const auto row = tx.optional(statements::find_pending_login, sessions::hash_of_token(mfa_token.reveal()));
  switch (judge_pending_login(facts_about(row, call), now)) {
    case PendingLoginVerdict::unknown: return invalid();
    case PendingLoginVerdict::expired:
      // It stays so if the clock is set back.
      tx.execute(statements::delete_pending_login, row->id);
      return tx.keep(invalid());
    case PendingLoginVerdict::good: break;
  }
  if (auto spent = refuse_spent_budget(tx, deps, call, row->user_id, now)) return *std::move(spent);
  return login_of(*row);
}

v1::TokenReply complete_pending_login(Transaction& tx, const Deps& deps, const Call& call, const PendingLogin& login,
                                      std::string_view method, bool remember_device, Time now) {
  if (tx.execute(statements::complete_pending_login, login.id, now) == 0) {
    throw std::logic_error("a login was completed twice in one transaction");
  }
  auto amr = login.amr;
  amr.emplace_back(method);
  amr.emplace_back(sessions::multi_factor);
  auto reply = sessions::complete_sign_in(tx, deps.accounts.sessions, call, login.user, amr, now);
  note_attempt(tx, deps, call, login, true, method, now);
  const auto& roles = reply.user().roles();
  const bool is_administrator = std::ranges::find(roles, sessions::admin_role) != roles.end();
  if (remember_device && !is_administrator) {
    factors::remember_device(tx, deps, call, login.user.id, reply.device_id(), now);
  }
  return reply;
}

std::unexpected<Refused> refuse_wrong_factor(Transaction& tx, const Deps& deps, const Call& call,
                                             const PendingLogin& login, Refusal why, Time now) {
  const auto left = count_wrong_factor(tx, deps, call, login.user.id, now);
  note_attempt(tx, deps, call, login, false, name_of(why), now);
  deps.accounts.sessions.audit.record(
      tx, call,
      {.action = "session.start", .outcome = audit::Outcome::refused, .user = login.user.id, .reason = name_of(why)});
  auto refused = refuse(why, "This is not the right second factor.");
  refused.error().facts.emplace_back("attempts_left", left);
  return tx.keep(refused);
}

}  // namespace ostiary::factors
