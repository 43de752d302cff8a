#include "sessions/refresh.hpp"

#include <algorithm>
#include <utility>

#include "delivery/outbox.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

namespace {

using statements::RefreshTokenRow;

std::optional<PresentedToken> facts_about(Transaction& tx, const std::optional<RefreshTokenRow>& row) {
  if (!row) return std::nullopt;
  PresentedToken token{.session_ended = row->ended_at || row->user_status != "active",
                       .session_expires_at = row->session_expires_at,
                       .idle_expires_at = std::min(row->idle_expires_at, row->token_expires_at),
                       .consumed_at = row->consumed_at};
  // Only a second use asks what came after the token.
  if (!row->consumed_at) return token;
  // Its grace is its own: a session that went on since then must not look idle through an old token.
  token.idle_expires_at = row->idle_expires_at;
  for (const auto& recent : tx.all(statements::last_generations, row->session_id)) {
    if (recent.generation == row->generation + 1 && recent.consumed_at) token.successor_used = true;
    if (recent.generation > row->generation + 1) token.successor_used = true;
    if (recent.reissued_at) token.recently_reissued_late = true;
  }
  return token;
}

bool is_same_device(const Call& call, const std::optional<RefreshTokenRow>& row) {
  return row && call.device && call.device->hash == row->device_hash;
}

struct Refreshing {
  Transaction& tx;
  const Deps& deps;
  const Call& call;
  const RefreshTokenRow& row;
  std::vector<std::string> roles;
  std::optional<BytesView> wrapped_key;  ///< the person's data key
  Time now;
};

/// What the transaction came to: the reply without its access token, and what that is to say. It is signed after the
/// commit, for others may be waiting for the transaction's end; should that fail, the next try is answered with the
/// same successor.
struct Refreshed {
  v1::TokenReply reply;
  AccessClaims claims;
};

statements::UserRow user_of(const RefreshTokenRow& row) {
  return {row.user_id, row.email,       row.email_verified,  row.username,
          {},          row.user_status, row.user_created_at, row.display_name};
}

/// `successor`, for the session as it is now.
Refreshed refreshed(const Refreshing& at, std::string successor) {
  const Time expires_at = std::min<Time>(at.now + at.deps.policy.access_lifetime, at.row.session_expires_at);
  v1::TokenReply reply;
  reply.set_token_type("Bearer");
  reply.set_expires_in(std::chrono::floor<std::chrono::seconds>(expires_at - at.now).count());
  reply.set_session_id(to_string(at.row.session_id));
  *reply.mutable_user() = user_message(user_of(at.row), at.roles);
  reply.set_refresh_token(std::move(successor));
  return {std::move(reply),
          {at.row.user_id, at.row.session_id, at.roles, split_words(at.row.amr), at.row.auth_time, at.now, expires_at}};
}

std::string successor_of_presented(const Refreshing& at, std::string_view presented) {
  const auto key = at.deps.keys.find(at.row.key_id);
  if (!key) throw std::runtime_error("the server key of a refresh token is missing");
  return successor_of(presented, key->bytes);
}

Refreshed rotate(const Refreshing& at, const Digest& hash, std::string_view presented) {
  const auto successor = successor_of_presented(at, presented);
  const Time idle_expires_at = std::min<Time>(at.now + at.deps.policy.idle_lifetime, at.row.session_expires_at);
  const auto next_key = at.deps.keys.current(vault::KeyPurpose::refresh_chain);
  at.tx.send(statements::consume_refresh_token, hash, at.now);
  at.tx.send(statements::insert_refresh_token, refresh_token_hash(successor), at.row.session_id, at.row.generation + 1,
             next_key.id, at.now, idle_expires_at);
  at.tx.send(statements::note_refresh, at.row.session_id, at.now, idle_expires_at);
  at.deps.audit.record(at.tx, at.call,
                       {.action = "session.refresh",
                        .user = at.row.user_id,
                        .actor = at.row.user_id,
                        .metadata = {{"session_id", to_string(at.row.session_id)}},
                        .wrapped_key = at.wrapped_key});
  delivery::announce(at.tx, at.deps.ids, at.now,
                     {"session.refreshed",
                      at.row.session_id.uuid,
                      at.row.session_version + 1,
                      {{"user_id", to_string(at.row.user_id)}}});
  return refreshed(at, successor);
}

Refreshed reissue(const Refreshing& at, const Digest& hash, std::string_view presented, bool late) {
  if (late) {
    at.tx.send(statements::note_late_reissue, hash, at.now);
    at.deps.audit.record(at.tx, at.call,
                         {.action = "session.refresh",
                          .user = at.row.user_id,
                          .actor = at.row.user_id,
                          .reason = "lost_reply",
                          .metadata = {{"session_id", to_string(at.row.session_id)}},
                          .wrapped_key = at.wrapped_key});
  }
  return refreshed(at, successor_of_presented(at, presented));
}

std::unexpected<Refused> session_ended() {
  return refuse(Refusal::session_ended, "The session has ended: sign in again.");
}

/// The session's own budget. The dispatcher can't count it: it does not know whose token it is.
Result<void> take_from_session_budget(const Deps& deps, SessionId session) {
  const auto wait = deps.limits.take(deps.limits.of_session(RateClass::REFRESH, session), deps.clock.now());
  if (!wait) return {};
  return refuse_for(Refusal::rate_limited, std::chrono::ceil<std::chrono::seconds>(*wait),
                    "This session is refreshed too often.");
}

}  // namespace

Result<v1::TokenReply> refresh(Deps& deps, const Call& call, const v1::RefreshRequest& request) {
  if (request.refresh_token().empty()) {
    return refuse(Refusal::refresh_token_unknown, "Send a refresh token, as cookie or in the body.", "refresh_token");
  }
  const Time now = deps.clock.now();
  const Digest hash = refresh_token_hash(request.refresh_token());
  bool counted = false;
  auto result = deps.db.transaction([&](Transaction& tx) -> Result<Refreshed> {
    // Three questions, and one way to the server and back.
    const auto roles = tx.ask(statements::roles_by_refresh_token, hash);
    const auto keys = tx.ask(statements::data_key_by_refresh_token, hash);
    const auto row = tx.optional(statements::find_refresh_token, hash);
    const auto refreshing = [&] {
      const auto key = keys.rows().empty() ? std::nullopt : std::optional<BytesView>(keys.rows().front().wrapped);
      return Refreshing{tx, deps, call, *row, names_of(roles.rows()), key, now};
    };
    // Once a call, however often the closure runs.
    if (row && !std::exchange(counted, true)) {
      if (const auto budget = take_from_session_budget(deps, row->session_id); !budget) {
        return std::unexpected(budget.error());
      }
    }
    const auto verdict = judge_refresh(facts_about(tx, row), is_same_device(call, row), deps.policy, now);
    switch (verdict) {
      case RefreshVerdict::unknown:
        return refuse(Refusal::refresh_token_unknown, "This refresh token is not known: sign in again.");
      case RefreshVerdict::too_old:
      case RefreshVerdict::idle:
        // What was refused for its age stays refused, also when the clock is set back.
        end_session(tx, deps, call, row->session_id, row->user_id, "expired", now);
        return tx.keep(session_ended());
      case RefreshVerdict::ended: return session_ended();
      case RefreshVerdict::stolen:
        end_session(tx, deps, call, row->session_id, row->user_id, "refresh_token_reused", now);
        return tx.keep(refuse(Refusal::refresh_token_reused,
                              "This refresh token was used before, so somebody else may hold it. The session has been "
                              "ended: sign in again."));
      case RefreshVerdict::rotate: return rotate(refreshing(), hash, request.refresh_token());
      case RefreshVerdict::reissue:
      case RefreshVerdict::reissue_late:
        return reissue(refreshing(), hash, request.refresh_token(), verdict == RefreshVerdict::reissue_late);
    }
    throw std::logic_error("a verdict without an answer");
  });
  if (!result) return std::unexpected(std::move(result).error());
  v1::TokenReply reply = std::move(result->reply);
  reply.set_access_token(deps.tokens.issue(result->claims));
  reply.set_token(reply.access_token());
  return reply;
}

}  // namespace ostiary::sessions
