#include "sessions/check_session.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

namespace {

std::unexpected<Refused> ended() { return refuse(Refusal::session_ended, "The session has ended: sign in again."); }

v1::CheckSessionReply reply_for(const statements::SessionRow& session, const statements::UserRow& user,
                                const std::vector<std::string>& roles) {
  v1::CheckSessionReply reply;
  *reply.mutable_user() = user_message(user, roles);
  auto& current = *reply.mutable_session();
  current.set_session_id(to_string(session.id));
  set_time(*current.mutable_created_at(), session.created_at);
  set_time(*current.mutable_expires_at(), session.expires_at);
  set_time(*current.mutable_auth_time(), session.auth_time);
  for (const auto& method : split_words(session.amr)) current.add_amr(method);
  return reply;
}

Result<LiveSession> read_session(const Deps& deps, const AccessClaims& claims, const Digest& token_hash, Time now) {
  return deps.db.read([&](Transaction& tx) -> Result<LiveSession> {
    const auto session = tx.optional(statements::find_session, claims.session_id);
    if (!session || session->user_id != claims.user_id) return ended();
    if (session->ended_at || now >= session->expires_at) return ended();
    const auto user = tx.optional(statements::find_user, claims.user_id);
    if (!user || user->status != "active") return ended();
    const auto roles = roles_of(tx, user->id);
    const Time valid_until = std::min(claims.expires_at, session->expires_at);
    Person caller{user->id,           session->id,       roles,     split_words(session->amr),
                  session->auth_time, claims.expires_at, token_hash};
    return LiveSession{std::move(caller), reply_for(*session, *user, roles), valid_until};
  });
}

}  // namespace

Result<Person> authenticate(const Deps& deps, const Secret& access_token, Time now) {
  const Digest hash = crypto::sha256(as_bytes(access_token.reveal()));
  if (const auto known = deps.cache.find(hash, now)) return known->caller;
  const auto claims = deps.tokens.verify(access_token.reveal());
  if (!claims) return std::unexpected(claims.error());
  if (now >= claims->expires_at) {
    return refuse(Refusal::token_expired, "The access token has expired: refresh it.");
  }
  const auto ticket = deps.cache.ticket(claims->user_id);
  auto session = read_session(deps, *claims, hash, now);
  if (!session) return std::unexpected(session.error());
  deps.cache.put(ticket, *session, now);
  return std::move(session->caller);
}

Result<v1::CheckSessionReply> check_session(Deps& deps, const Call& call, const v1::CheckSessionRequest&) {
  const Person& caller = call.person();
  const Time now = deps.clock.now();
  v1::CheckSessionReply reply;
  const auto known = deps.cache.find(caller.token_hash, now);
  if (known && reply.ParseFromString(known->protobuf)) return reply;
  const AccessClaims claims{caller.user_id, caller.session_id, {}, {}, caller.auth_time, {}, caller.token_expires_at};
  auto session = read_session(deps, claims, caller.token_hash, now);
  if (!session) return std::unexpected(session.error());
  return std::move(session->reply);
}

std::shared_ptr<const KnownSession> remembered_session(const Deps& deps, const Secret& access_token, Time now) {
  return deps.cache.find(crypto::sha256(as_bytes(access_token.reveal())), now);
}

}  // namespace ostiary::sessions
