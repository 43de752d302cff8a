#pragma once

#include <string>
#include <string_view>

#include "crypto/totp.hpp"
#include "factors/deps.hpp"
#include "ostiary/v1/factors.pb.h"

namespace ostiary::factors {

/// Offers the caller a new TOTP secret, in the place of one that was offered before. One in use stays valid.
Result<v1::TotpOffer> generate_totp(Deps& deps, const Call& call, const v1::GenerateTotpRequest& request);

/// Takes the offered secret into use, if the code is right: factor_missing if there is none or it is older than an
/// hour, else wrong_code. An account without backup codes gets some.
Result<v1::ConfirmTotpReply> confirm_totp(Deps& deps, const Call& call, const v1::ConfirmTotpRequest& request);

/// Completes a login with a code.
Result<v1::TokenReply> verify_totp(Deps& deps, const Call& call, const v1::VerifyTotpRequest& request);

/// The same in `tx`, without what follows: the secret that was offered is in use from now on.
Result<void> take_offer(Transaction& tx, const Deps& deps, UserId user, std::string_view code, Time now);

/// What became of a code that was tried.
enum class TriedCode { missing, wrong, used, right };

/// Compares a code with the account's secret, and spends its step if it is right.
TriedCode try_totp(Transaction& tx, const Deps& deps, UserId user, std::string_view code, Time now);

}  // namespace ostiary::factors
