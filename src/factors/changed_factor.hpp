#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "factors/deps.hpp"

namespace ostiary::factors {

/// A change of somebody's second factors.
struct FactorChange {
  UserId user;
  std::string_view action;  ///< as in the audit log, such as "totp.add"
  std::string_view notice;  ///< the mail that tells the owner
  std::vector<std::pair<std::string, std::string>> values = {};  ///< of that mail, besides those of every notice
};

/// What follows every change of a factor, in its transaction: a row in the audit log, the event `user.factors_changed`,
/// and a mail to the owner.
void note_changed_factor(Transaction& tx, const Deps& deps, const Call& call, const FactorChange& change, Time now);

/// What follows the removal of a factor: with the last one the account's backup codes and remembered devices go.
/// Refuses with enrolment_required if it was the last factor of an account that must have one.
Result<void> settle_removed_factor(Transaction& tx, const Deps& deps, UserId user, Time now);

/// The second factors of an account that a login could present now.
std::vector<std::string> methods_of(Transaction& tx, const Deps& deps, UserId user, Time now);

/// Ends all sessions of the caller but the one that calls (ASVS 7.4.3).
void end_other_sessions(Transaction& tx, const Deps& deps, const Call& call, Time now);

}  // namespace ostiary::factors
