#pragma once

#include "ostiary/v1/account.pb.h"
#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Ends the session of an access or refresh token, even of an expired one. A session that has ended already, or a
/// refresh token that is not known any more, is no refusal: the caller is signed out. Refuses with not_authenticated
/// where there is no token, or an access token that is not ours.
Result<v1::LogoutReply> logout(Deps& deps, const Call& call, const v1::LogoutRequest& request);

/// Ends one of the caller's own sessions; not_found for anybody else's.
Result<v1::RevokeSessionReply> revoke_session(Deps& deps, const Call& call, const v1::RevokeSessionRequest& request);

/// Ends all the caller's sessions but the one that calls.
Result<v1::RevokeOtherSessionsReply> revoke_other_sessions(Deps& deps, const Call& call,
                                                           const v1::RevokeOtherSessionsRequest& request);

}  // namespace ostiary::sessions
