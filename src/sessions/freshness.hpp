#pragma once

#include <string>
#include <vector>

#include "base/call.hpp"
#include "storage/database.hpp"

namespace ostiary::sessions {

/// The second factors of an account that renew a session, by their names in LoginReply.methods: a code is texted only
/// for a login.
std::vector<std::string> renewing_methods_of(Transaction& tx, UserId user, Time now);

/// Whether the session was begun or renewed with two factors. One of an account with a factor that was not, because the
/// device is remembered or the factor was enrolled later, is never fresh.
bool has_second_factor(const Person& person);

/// What a fresh login needs, for the member `methods` of a refusal: words separated by spaces, of which "password" is
/// needed and one of the others, if there are any.
std::string words_of_fresh_login(bool has_password, std::vector<std::string> factors);

}  // namespace ostiary::sessions
