#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "factors/deps.hpp"
#include "ostiary/v1/auth.pb.h"
#include "sessions/statements.hpp"

namespace ostiary::factors {

/// What is stored about a login that waits for its second step.
struct PendingLoginFacts {
  Time expires_at{};
  bool completed = false;
  bool same_device = false;    ///< the device that gave the password
  bool same_password = false;  ///< no other one was set since
  bool may_sign_in = false;    ///< the account's status is active
};

/// Ordered by precedence: the first that applies wins.
enum class PendingLoginVerdict { unknown, expired, good };

/// Decides whether a login may be completed. Callers are not told why not.
PendingLoginVerdict judge_pending_login(const std::optional<PendingLoginFacts>& login, Time now);

/// A login that waits for its second step.
struct PendingLogin {
  PendingLoginId id;
  sessions::statements::UserRow user;
  std::vector<std::string> amr;  ///< of the first step
  Digest identifier_hash;
};

/// The login of an mfa_token. Refuses with mfa_token_invalid if it is unknown, expired, completed or of another device,
/// or if the account was disabled or its password changed since; and with code_budget_spent after too many wrong
/// factors.
Result<PendingLogin> find_pending_login(Transaction& tx, const Deps& deps, const Call& call, const Secret& mfa_token,
                                        Time now);

/// Completes a login, once. The session's amr is that of the first step, `method` and "mfa". With `remember_device` the
/// device needs no second factor for REMEMBER_DEVICE_FOR, and the owner is told; it is ignored for administrators.
v1::TokenReply complete_pending_login(Transaction& tx, const Deps& deps, const Call& call, const PendingLogin& login,
                                      std::string_view method, bool remember_device, Time now);

/// Counts a wrong factor in the budget of the account, or in that of the account and the device if a login of the
/// account was completed on it before, and commits.
std::unexpected<Refused> refuse_wrong_factor(Transaction& tx, const Deps& deps, const Call& call,
                                             const PendingLogin& login, Refusal why, Time now);

}  // namespace ostiary::factors
