#include "sessions/end_sessions.hpp"

#include <algorithm>
#include <utility>

#include "delivery/outbox.hpp"
#include "sessions/chains.hpp"
#include "sessions/no_such_user.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

namespace {

struct Owned {
  SessionId session;
  UserId user;
};

/// The sessions that a logout names: its tokens may be of two. One that is named twice is ended once.
Result<std::vector<Owned>> sessions_of(Transaction& tx, const Deps& deps, const v1::LogoutRequest& request) {
  std::vector<Owned> named;
  const bool refreshable = !request.refresh_token().empty();
  if (refreshable) {
    // A refresh token that nobody knows is that of a session long gone.
    const auto token = parse_refresh_token(request.refresh_token());
    const auto chain = token ? find_chain(tx, deps, *token) : std::nullopt;
    if (chain) named.push_back({chain->row.session_id, chain->row.user_id});
  }
  if (!request.access_token().empty()) {
    const auto claims = deps.tokens.verify(request.access_token());
    if (!claims && !refreshable) return std::unexpected(claims.error());
    if (claims && (named.empty() || named[0].session != claims->session_id)) {
      named.push_back({claims->session_id, claims->user_id});
    }
  } else if (!refreshable) {
    return refuse(Refusal::not_authenticated, "Send an access token or a refresh token.");
  }
  return named;
}

}  // namespace

Result<v1::LogoutReply> logout(Deps& deps, const Call& call, const v1::LogoutRequest& request) {
  const Time now = deps.clock.now();
  const auto ended = deps.db.transaction([&](Transaction& tx) -> Result<bool> {
    const auto named = sessions_of(tx, deps, request);
    if (!named) return std::unexpected(named.error());
    bool ended_one = false;
    for (const auto& [session, user] : *named) {
      ended_one |= end_session(tx, deps, call, session, user, user, "logout", now);
    }
    return ended_one;
  });
  if (!ended) return std::unexpected(ended.error());
  // Whoever ended a session was no stranger, and can do so but once. The dispatcher can't tell: it sees a success, too,
  // where the token is unknown or the session has long ended.
  if (*ended) deps.limits.give_back(deps.limits.of_address(RateClass::WRITE, call.address));
  return v1::LogoutReply{};
}

Result<v1::RevokeSessionReply> revoke_session(Deps& deps, const Call& call, const v1::RevokeSessionRequest& request) {
  const Time now = deps.clock.now();
  const auto id = parse_id<SessionId>(request.session_id());
  return deps.db.transaction([&](Transaction& tx) -> Result<v1::RevokeSessionReply> {
    const auto session = id ? tx.optional(statements::find_session, *id) : std::nullopt;
    if (!session || session->user_id != call.person().user_id) {
      return refuse(Refusal::not_found, "You have no such session.", "session_id");
    }
    end_session(tx, deps, call, session->id, session->user_id, session->user_id, "revoked", now);
    return v1::RevokeSessionReply{};
  });
}

Result<v1::RevokeOtherSessionsReply> revoke_other_sessions(Deps& deps, const Call& call,
                                                           const v1::RevokeOtherSessionsRequest&) {
  const Time now = deps.clock.now();
  const UserId user = call.person().user_id;
  return deps.db.transaction([&](Transaction& tx) -> Result<v1::RevokeOtherSessionsReply> {
    const auto count = end_sessions_of(tx, deps, user, call.person().session_id, "revoked", now);
    // Nothing to do leaves no trace: nobody may delete from the audit log, and anybody may call this all day.
    if (count > 0) {
      deps.audit.record(
          tx, call, {.action = "session.revoke_others", .user = user, .metadata = {{"ended", std::to_string(count)}}});
    }
    v1::RevokeOtherSessionsReply reply;
    reply.set_revoked(count);
    return reply;
  });
}

Result<std::int64_t> revoke_all_sessions(const Deps& deps, const Call& call, UserId user) {
  const Time now = deps.clock.now();
  return deps.db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
    if (!tx.optional(statements::find_user, user)) return no_such_user();
    const auto count = end_sessions_of(tx, deps, user, std::nullopt, "revoked_by_operator", now);
    deps.audit.record(tx, call,
                      {.action = "session.revoke_all", .user = user, .metadata = {{"ended", std::to_string(count)}}});
    return count;
  });
}

std::int64_t end_sessions_of(Transaction& tx, const Deps& deps, UserId user, std::optional<SessionId> spared,
                             std::string_view reason, Time now) {
  std::int64_t count = 0;
  std::pair<Time, SessionId> last{};
  while (true) {
    const auto batch =
        tx.all(statements::end_some_sessions, user, spared, now, std::string(reason), last.first, last.second);
    if (batch.empty()) break;
    count += static_cast<std::int64_t>(batch.size());
    for (const auto& ended : batch) {
      last = std::max(last, {ended.created_at, ended.id});
      tx.send(statements::revoke_chains_of, ended.id, now);
      delivery::announce(tx, deps.ids, now,
                         {"session.ended",
                          ended.id.uuid,
                          ended.version,
                          {{"user_id", to_string(user)}, {"reason", std::string(reason)}}});
    }
  }
  if (count > 0) deps.invalidation.publish(tx, user);
  return count;
}

}  // namespace ostiary::sessions
