#pragma once

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Authenticates an access token: checks its signature and expiry, that its session is alive, and that its user may
/// sign in. Uses the cache if it may be used, otherwise the database. Refuses with not_authenticated, token_expired or
/// session_ended.
Result<Person> authenticate(const Deps& deps, const Secret& access_token, Time now);

/// Returns the caller's account and session.
Result<v1::CheckSessionReply> check_session(Deps& deps, const Call& call, const v1::CheckSessionRequest& request);

/// The cached session of this access token, or empty. Fast: neither reads the database nor checks a
/// signature.
std::shared_ptr<const KnownSession> remembered_session(const Deps& deps, const Secret& access_token, Time now);

}  // namespace ostiary::sessions
