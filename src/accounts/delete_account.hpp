#pragma once

#include <cstdint>

#include "accounts/deps.hpp"

namespace ostiary::accounts {

/// Deletes an account for good; gives how many sessions that ended. Nobody signs in with it any more, its address and
/// username are free, and what it held goes: profile, password, roles, sessions, devices, login attempts, the
/// registration that it was made of, mail that was not sent yet, and the data key, without which the details of its
/// audit rows can't be read. Registrations that others began for its address stay, as they would be without an account.
/// The rows of the audit log stay, as does a row that only says that there was an account of this id. It is disabled
/// first: a deletion that was interrupted is finished by another one. Refuses with not_found where there is no such
/// account.
Result<std::int64_t> delete_account(const Deps& deps, const Call& call, UserId user);

}  // namespace ostiary::accounts
