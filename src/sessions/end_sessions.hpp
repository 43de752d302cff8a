#pragma once

#include <optional>
#include <string_view>

#include "ostiary/v1/account.pb.h"
#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Ends the session of the access token and that of the refresh token, even of an expired one: they may be two. A
/// session that has ended already, or a refresh token that is not known any more, is no refusal: the caller is signed
/// out. Refuses with not_authenticated where there is no token, or nothing but an access token that is not ours.
Result<v1::LogoutReply> logout(Deps& deps, const Call& call, const v1::LogoutRequest& request);

/// Ends one of the caller's own sessions; not_found for anybody else's.
Result<v1::RevokeSessionReply> revoke_session(Deps& deps, const Call& call, const v1::RevokeSessionRequest& request);

/// Ends all the caller's live sessions but the one that calls.
Result<v1::RevokeOtherSessionsReply> revoke_other_sessions(Deps& deps, const Call& call,
                                                           const v1::RevokeOtherSessionsRequest& request);

/// Ends all live sessions of a user, by an operator's or an administrator's hand; gives how many there were. Refuses
/// with not_found where there is no such user.
Result<std::int64_t> revoke_all_sessions(const Deps& deps, const Call& call, UserId user);

/// Ends all live sessions of `user` but `spared` as part of `tx`, on every instance, and announces each
/// `session.ended`; gives how many there were. The audit row is the caller's to write.
std::int64_t end_sessions_of(Transaction& tx, const Deps& deps, UserId user, std::optional<SessionId> spared,
                             std::string_view reason, Time now);

}  // namespace ostiary::sessions
