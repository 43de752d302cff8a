#pragma once

#include <string_view>

#include "factors/deps.hpp"

namespace ostiary::factors {

/// A change of somebody's second factors.
struct FactorChange {
  UserId user;
  std::string_view action;  ///< as in the audit log, such as "totp.add"
  std::string_view notice;  ///< the mail that tells the owner
};

/// What follows every change of a factor, in its transaction: a row in the audit log, the event `user.factors_changed`,
/// and a mail to the owner.
void note_changed_factor(Transaction& tx, const Deps& deps, const Call& call, const FactorChange& change, Time now);

/// Ends all sessions of the caller but the one that calls (ASVS 7.4.3).
void end_other_sessions(Transaction& tx, const Deps& deps, const Call& call, Time now);

}  // namespace ostiary::factors
