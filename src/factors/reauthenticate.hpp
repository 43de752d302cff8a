#pragma once

#include <string>

#include "factors/deps.hpp"
#include "ostiary/v1/factors.pb.h"

namespace ostiary::factors {

/// Makes the caller's session fresh: the password, if the account has one, and a second factor, if it has one, are
/// verified again. Refuses with missing_field, wrong_credentials, wrong_code and code_budget_spent; the first names in
/// `methods` what is needed. A wrong factor counts in the budget of the second step.
Result<v1::TokenReply> reauthenticate(Deps& deps, const Call& call, const v1::ReauthenticateRequest& request);

/// What a fresh login of the user needs: words separated by spaces, of which "password" is needed and one of the
/// others, if there are any.
std::string fresh_login_methods(const Deps& deps, const Person& user);

/// Whether the user's session began without a second factor though the account has one by now: on a remembered device,
/// or before it was enrolled. Such a session is never fresh.
bool lacks_second_factor(const Deps& deps, const Person& user);

}  // namespace ostiary::factors
