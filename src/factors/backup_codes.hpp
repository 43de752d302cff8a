#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "factors/deps.hpp"
#include "ostiary/v1/factors.pb.h"

namespace ostiary::factors {

/// Ten new backup codes of 50 random bits, in the place of all older ones. Only MACs of them are stored (ASVS 6.5.2).
std::vector<std::string> make_backup_codes(Transaction& tx, const Deps& deps, UserId user, Time now);

/// The same for an account that has none left; else nothing.
std::vector<std::string> make_missing_backup_codes(Transaction& tx, const Deps& deps, UserId user, Time now);

/// How many codes were not used yet.
std::int64_t count_backup_codes(Transaction& tx, UserId user);

/// Makes the caller new codes: factor_missing if the account has no second factor.
Result<v1::BackupCodes> make_new_backup_codes(Deps& deps, const Call& call, const v1::MakeBackupCodesRequest& request);

/// How many the caller has left.
Result<v1::CountBackupCodesReply> count_own_backup_codes(Deps& deps, const Call& call,
                                                         const v1::CountBackupCodesRequest& request);

/// Completes a login with a code.
Result<v1::TokenReply> verify_backup_code(Deps& deps, const Call& call, const v1::VerifyBackupCodeRequest& request);

/// Spends a code, however it was typed, and tells the owner. False if the account has no such code that was not used.
bool use_backup_code(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view typed,
                     Time now);

}  // namespace ostiary::factors
