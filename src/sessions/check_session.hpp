#pragma once

#include "ostiary/v1/auth.pb.h"
#include "sessions/deps.hpp"

namespace ostiary::sessions {

/// Who calls with this access token: its signature, its expiry, and that its session lives and its user may sign in,
/// as of now. From the cache where that may be used, else from the database. Refuses with not_authenticated,
/// token_expired or session_ended.
Result<Person> authenticate(const Deps& deps, const Secret& access_token, Time now);

/// Who am I.
Result<v1::CheckSessionReply> check_session(Deps& deps, const Call& call, const v1::CheckSessionRequest& request);

/// The session of this access token where it is remembered; else nothing. Quick: neither reads the database nor checks
/// a signature.
std::shared_ptr<const KnownSession> remembered_session(const Deps& deps, const Secret& access_token, Time now);

}  // namespace ostiary::sessions
