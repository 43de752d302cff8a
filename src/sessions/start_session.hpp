#pragma once

#include <string>
#include <vector>

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

/// Completes a sign-in in `tx` after the last factor. The device becomes known, last_login_at is
/// set, and a session begins, with its refresh chain, an audit row and the event
/// `session.started`. The oldest sessions beyond `max_sessions` end. A device that is new to the
/// user gets a new id, so that nobody can plant one. `amr` says how the user authenticated. The
/// reply has all tokens.
v1::TokenReply complete_sign_in(Transaction& tx, const Deps& deps, const Call& call, const statements::UserRow& user,
                                const std::vector<std::string>& amr, Time now);

/// Makes a live session fresh in `tx` after its user authenticated again by `amr`: auth_time and amr change in the row
/// and in all caches, and the reply has a new access token and the first token of a new refresh chain; earlier refresh
/// tokens no longer work. Refuses with session_ended if it is not alive.
Result<v1::TokenReply> renew_session(Transaction& tx, const Deps& deps, const Call& call,
                                     const statements::UserRow& user, SessionId session,
                                     const std::vector<std::string>& amr, Time now);

/// Adds a second factor, proved just now, to the amr of the caller's session in `tx`, unless there is one. auth_time
/// does not change.
void add_second_factor(Transaction& tx, const Deps& deps, const Person& caller, std::string_view method);

/// Sets the token fields of a reply.
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

/// Ends a session and its refresh chains in `tx`: updates the rows, writes an audit row with `actor` and the event
/// `session.ended`, and invalidates all caches. Returns false if it was not alive; it is then marked as expired.
bool end_session(Transaction& tx, const Deps& deps, const Call& call, SessionId session, UserId user,
                 const audit::Actor& actor, std::string_view reason, Time now);

/// Marks a session that is too old or idle as expired, so that it stays expired if the clock is set back. Writes no
/// audit row and no event: these are only about sessions that were alive.
void write_off(Transaction& tx, const Deps& deps, SessionId session, UserId user, Time now);

/// A user as its owner sees it.
v1::User user_message(const statements::UserRow& user, const std::vector<std::string>& roles);

std::vector<std::string> roles_of(Transaction& tx, UserId user);

/// The names in the rows of a pipelined query.
std::vector<std::string> names_of(const std::vector<statements::RoleNameRow>& rows);

/// Sets a protobuf timestamp.
void set_time(google::protobuf::Timestamp& target, Time time);

}  // namespace ostiary::sessions
