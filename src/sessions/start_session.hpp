#pragma once

#include <string>
#include <vector>

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

/// Signs in a person who has given the last proof that is asked of them, as part of `tx`: all that waits for it. The
/// device is trusted from now on, last_login_at is set, and a session begins, with its refresh chain, an audit row and
/// the event `session.started`; the oldest sessions beyond `max_sessions` end. A device that the person has not used
/// before gets a new id, so that nobody can plant one. `amr` says how they proved who they are. The reply has all
/// tokens.
v1::TokenReply complete_sign_in(Transaction& tx, const Deps& deps, const Call& call, const statements::UserRow& user,
                                const std::vector<std::string>& amr, Time now);

/// Puts the tokens into a reply that has their fields among others.
template <class Reply>
void put_tokens(Reply& reply, const v1::TokenReply& tokens) {
  reply.set_token_type(tokens.token_type());
  reply.set_expires_in(tokens.expires_in());
  reply.set_session_id(tokens.session_id());
  *reply.mutable_user() = tokens.user();
  reply.set_access_token(tokens.access_token());
  reply.set_token(tokens.token());
  reply.set_refresh_token(tokens.refresh_token());
  reply.set_device_id(tokens.device_id());
}

/// Ends a session and its refresh chains as part of `tx`: the rows, an audit row that names `actor`, the event
/// `session.ended`, and what is remembered of it everywhere. False when it was not alive: then it is written off.
bool end_session(Transaction& tx, const Deps& deps, const Call& call, SessionId session, UserId user,
                 const audit::Actor& actor, std::string_view reason, Time now);

/// Notes in the rows of a session that is over, too old or idle, that it has expired, so that it stays over when the
/// clock is set back. Nobody is told: audit rows and events speak only of sessions that were alive.
void write_off(Transaction& tx, const Deps& deps, SessionId session, UserId user, Time now);

/// A user as its owner sees it.
v1::User user_message(const statements::UserRow& user, const std::vector<std::string>& roles);

std::vector<std::string> roles_of(Transaction& tx, UserId user);

/// The names in rows that were asked for.
std::vector<std::string> names_of(const std::vector<statements::RoleNameRow>& rows);

/// Sets a protobuf timestamp.
void set_time(google::protobuf::Timestamp& target, Time time);

}  // namespace ostiary::sessions
