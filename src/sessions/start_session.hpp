#pragma once

#include <string>
#include <vector>

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

/// Starts a session for a person who has just proven who they are, as part of `tx`: its row, its first refresh token,
/// the device it knows from now on, last_login_at, an audit row and the event `session.started`. A device that the
/// person has not used before gets a new id, so that nobody can plant one. The reply has all tokens.
v1::TokenReply start_session(Transaction& tx, const Deps& deps, const Call& call, const statements::UserRow& user,
                             const std::vector<std::string>& amr, Time now);

/// Ends a session as part of `tx`: the row, an audit row, the event `session.ended`, and what is remembered of it
/// everywhere. False when it had ended already.
bool end_session(Transaction& tx, const Deps& deps, const Call& call, SessionId session, UserId user,
                 std::string_view reason, Time now);

/// A user as its owner sees it.
v1::User user_message(const statements::UserRow& user, const std::vector<std::string>& roles);

std::vector<std::string> roles_of(Transaction& tx, UserId user);

/// The names in rows that were asked for.
std::vector<std::string> names_of(const std::vector<statements::RoleNameRow>& rows);

/// Sets a protobuf timestamp.
void set_time(google::protobuf::Timestamp& target, Time time);

}  // namespace ostiary::sessions
