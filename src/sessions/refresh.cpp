#include "sessions/refresh.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "sessions/chains.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

namespace {

using statements::ChainRow;

struct Refreshing {
  Transaction& tx;
  const Deps& deps;
  const Call& call;
  const ChainRow& row;
  const RefreshToken& token;
  std::string successor;
  bool same_device;  ///< as the session's
  const std::function<bool()>& pays_for_row;  ///< for a row of the audit log: once a call, however often it is asked
  std::vector<std::string> roles;
  Time now;
};

/// What the transaction came to: the reply without its access token, and what that is to say. It is signed after the
/// commit, for others may be waiting for the transaction's end; should that fail, the next try is answered with the
/// same successor.
struct Refreshed {
  v1::TokenReply reply;
  AccessClaims claims;
  bool rotated;
};

statements::UserRow user_of(const ChainRow& row) {
  return {row.user_id,     row.email,           row.email_verified, row.username,
          row.user_status, row.user_created_at, row.display_name};
}

/// The access token outlives neither the session nor the chain, good until
/// `chain_expires_at`: so a session check need not ask whether the session is idle.
Refreshed refreshed(const Refreshing& at, Time chain_expires_at, bool rotated) {
  const Time expires_at = std::min<Time>(at.now + at.deps.policy.access_lifetime, chain_expires_at);
  v1::TokenReply reply;
  reply.set_token_type("Bearer");
  reply.set_expires_in(std::chrono::floor<std::chrono::seconds>(expires_at - at.now).count());
  reply.set_session_id(to_string(at.row.session_id));
  *reply.mutable_user() = user_message(user_of(at.row), at.roles);
  reply.set_refresh_token(at.successor);
  return {std::move(reply),
          {at.row.user_id, at.row.session_id, at.roles, split_words(at.row.amr), at.row.auth_time, at.now, expires_at},
          rotated};
}

Refreshed rotate(const Refreshing& at) {
  const Time expires_at = std::min<Time>(at.now + at.deps.policy.idle_lifetime, at.row.session_expires_at);
  at.tx.send(statements::rotate_chain, at.token.chain, refresh_token_hash(at.successor), at.now, expires_at);
  return refreshed(at, expires_at, true);
}

/// A late answer, and one to a device that is not the session's, leave a row in the audit log while the account's
/// AUDITED budget lasts, and a log line always: whoever holds the token can ask twice a second.
void record_reissue(const Refreshing& at, bool late) {
  const audit::Event event{.action = "session.refresh",
                           .user = at.row.user_id,
                           .actor = at.same_device ? audit::Actor(at.row.user_id) : audit::ActorKind::nobody,
                           .reason = late ? "lost_reply" : "another_device",
                           .metadata = {{"session_id", to_string(at.row.session_id)}}};
  if (at.pays_for_row()) {
    at.deps.audit.record(at.tx, at.call, event);
  } else {
    at.deps.audit.log_only(at.tx, at.call, event);
  }
}

Refreshed reissue(const Refreshing& at, bool late) {
  if (late) at.tx.send(statements::note_late_reissue, at.token.chain, at.now);
  if (late || !at.same_device) record_reissue(at, late);
  return refreshed(at, at.row.chain_expires_at, false);
}

std::unexpected<Refused> session_ended() {
  return refuse(Refusal::session_ended, "The session has ended: sign in again.");
}

/// What was refused for its age stays refused, also when the clock is set back: the chain is revoked, and the session
/// is written off unless another of its chains is still good.
std::unexpected<Refused> end_idle(Transaction& tx, const Deps& deps, const ChainRow& row, ChainId chain, Time now) {
  if (tx.optional(statements::find_live_chain, row.session_id, now)) {
    tx.send(statements::revoke_chain, chain, now);
  } else {
    write_off(tx, deps, row.session_id, row.user_id, now);
  }
  return tx.keep(session_ended());
}

/// Whoever presented the token has proved nothing. Theft from a session that was over already is no end of it, but
/// stands in the audit log all the same.
std::unexpected<Refused> end_stolen(Transaction& tx, const Deps& deps, const Call& call, const ChainRow& row,
                                    Time now) {
  constexpr std::string_view reason = "refresh_token_reused";
  if (!end_session(tx, deps, call, row.session_id, row.user_id, audit::ActorKind::nobody, reason, now)) {
    deps.audit.record(tx, call,
                      {.action = "session.refresh",
                       .outcome = audit::Outcome::refused,
                       .user = row.user_id,
                       .actor = audit::ActorKind::nobody,
                       .reason = reason,
                       .metadata = {{"session_id", to_string(row.session_id)}}});
  }
  return tx.keep(refuse(Refusal::refresh_token_reused,
                        "This refresh token was used before, so somebody else may have it. The session has been "
                        "ended: sign in again."));
}

/// The session's own budget. The dispatcher can't count it: it does not know whose token it is.
Result<void> take_from_session_budget(const Deps& deps, SessionId session) {
  const auto wait = deps.limits.take(deps.limits.of_session(RateClass::REFRESH, session), deps.clock.now());
  if (!wait) return {};
  return refuse_for(Refusal::rate_limited, std::chrono::ceil<std::chrono::seconds>(*wait),
                    "This session is refreshed too often.");
}

/// Takes from the account's budget of audit rows; whether something was left.
bool take_from_audit_budget(const Deps& deps, const ChainRow& row) {
  Person owner{};
  owner.user_id = row.user_id;
  owner.session_id = row.session_id;
  return !deps.limits.take(deps.limits.of_caller(RateClass::AUDITED, owner), deps.clock.now());
}

/// A rotation leaves nothing but this line: neither an audit row nor an event.
void write_line(const Deps& deps, const Call& call, const AccessClaims& claims) {
  deps.log.write(LogLevel::info, "session.refresh",
                 {{"user_id", to_string(claims.user_id)},
                  {"session_id", to_string(claims.session_id)},
                  {"address", call.address},
                  {"trace_id", call.trace_id}});
}

}  // namespace

Result<v1::TokenReply> refresh(Deps& deps, const Call& call, const v1::RefreshRequest& request) {
  if (request.refresh_token().empty()) {
    return refuse(Refusal::refresh_token_unknown, "Send a refresh token, as cookie or in the body.", "refresh_token");
  }
  const auto unknown = refuse(Refusal::refresh_token_unknown, "This refresh token is not known: sign in again.");
  const auto token = parse_refresh_token(request.refresh_token());
  if (!token) return unknown;
  const Time now = deps.clock.now();
  bool counted = false;
  std::optional<bool> row_paid;
  auto result = deps.db.transaction([&](Transaction& tx) -> Result<Refreshed> {
    // Two questions, and one way to the server and back.
    const auto roles = tx.ask(statements::roles_by_chain, token->chain);
    const auto chain = find_chain(tx, deps, *token);
    if (!chain) return unknown;
    const ChainRow& row = chain->row;
    // Once a call, however often the closure runs.
    if (!std::exchange(counted, true)) {
      if (const auto budget = take_from_session_budget(deps, row.session_id); !budget) {
        return std::unexpected(budget.error());
      }
    }
    const std::function<bool()> pays_for_row = [&] {
      if (!row_paid) row_paid = take_from_audit_budget(deps, row);
      return *row_paid;
    };
    const bool same_device = call.device && call.device->hash == row.device_hash;
    const auto refreshing = [&] {
      auto successor = make_refresh_token(token->chain, token->generation + 1, chain->key.bytes);
      return Refreshing{
          tx, deps, call, row, *token, std::move(successor), same_device, pays_for_row, names_of(roles.rows()), now};
    };
    switch (judge_refresh(presented_token(chain_of(row), token->generation), same_device, deps.policy, now)) {
      case RefreshVerdict::unknown: return unknown;
      case RefreshVerdict::ended: return session_ended();
      case RefreshVerdict::stolen: return end_stolen(tx, deps, call, row, now);
      case RefreshVerdict::too_old:
        write_off(tx, deps, row.session_id, row.user_id, now);
        return tx.keep(session_ended());
      case RefreshVerdict::idle: return end_idle(tx, deps, row, token->chain, now);
      case RefreshVerdict::rotate: return rotate(refreshing());
      case RefreshVerdict::reissue: return reissue(refreshing(), false);
      case RefreshVerdict::reissue_late: return reissue(refreshing(), true);
    }
    throw std::logic_error("a verdict without an answer");
  });
  if (!result) return std::unexpected(std::move(result).error());
  if (result->rotated) write_line(deps, call, result->claims);
  v1::TokenReply reply = std::move(result->reply);
  reply.set_access_token(deps.tokens.issue(result->claims));
  reply.set_token(reply.access_token());
  return reply;
}

}  // namespace ostiary::sessions
