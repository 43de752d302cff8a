#pragma once

#include <optional>
#include <string_view>

#include "ostiary/v1/account.pb.h"
#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Ends the sessions of the access token and of the refresh token, which may differ. Expired tokens are accepted. A
/// session that has already ended, or an unknown refresh token, is a success: the caller is signed out. Refuses with
/// not_authenticated if there is no token, or only an access token that this service did not issue.
Result<v1::LogoutReply> logout(Deps& deps, const Call& call, const v1::LogoutRequest& request);

/// Ends one of the caller's own sessions; not_found for anybody else's.
Result<v1::RevokeSessionReply> revoke_session(Deps& deps, const Call& call, const v1::RevokeSessionRequest& request);

/// Ends all the caller's live sessions but the one that calls.
Result<v1::RevokeOtherSessionsReply> revoke_other_sessions(Deps& deps, const Call& call,
                                                           const v1::RevokeOtherSessionsRequest& request);

/// Ends all live sessions of a user for an operator or administrator, and returns their number. Refuses with not_found
/// if there is no such user.
Result<std::int64_t> revoke_all_sessions(const Deps& deps, const Call& call, UserId user);

/// Ends all live sessions of `user` except `spared` in `tx`, on every instance, announces `session.ended` for each, and
/// returns their number. The caller writes the audit row.
std::int64_t end_sessions_of(Transaction& tx, const Deps& deps, UserId user, std::optional<SessionId> spared,
                             std::string_view reason, Time now);

}  // namespace ostiary::sessions
