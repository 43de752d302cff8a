#pragma once

#include <string>
#include <string_view>

#include "crypto/totp.hpp"
#include "factors/deps.hpp"
#include "ostiary/v1/factors.pb.h"
#include "sessions/statements.hpp"

namespace ostiary::factors {

/// Offers the caller a new TOTP secret, in the place of one that was offered before. One in use stays valid.
Result<v1::TotpOffer> generate_totp(Deps& deps, const Call& call, const v1::GenerateTotpRequest& request);

/// Takes the offered secret into use, if the code is right: factor_missing if there is none or it is older than an
/// hour, else wrong_code. An account without backup codes gets some.
Result<v1::ConfirmTotpReply> confirm_totp(Deps& deps, const Call& call, const v1::ConfirmTotpRequest& request);

/// Completes a login with a code.
Result<v1::TokenReply> verify_totp(Deps& deps, const Call& call, const v1::VerifyTotpRequest& request);

/// Removes the caller's secret. Refuses with factor_missing if there is none, and with enrolment_required if it is the
/// last factor of an account that must have one.
Result<v1::RemoveTotpReply> remove_totp(Deps& deps, const Call& call, const v1::RemoveTotpRequest& request);

/// A new secret that was not written yet.
Bytes draw_secret(const Deps& deps);

/// Offers an account a secret in `tx`, in the place of one that was offered before. Returns the name of the account in
/// an authenticator app.
std::string offer_secret(Transaction& tx, const Deps& deps, const sessions::statements::UserRow& user,
                         const Bytes& secret, const std::string& label, Time now);

/// What the owner needs to add the secret to an app. `account`: see `offer_secret`.
v1::TotpOffer offer_reply(const Deps& deps, const std::string& account, const Bytes& secret, Time now);

/// Takes the offered secret into use in `tx`, and writes what follows from that.
Result<void> take_offer(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view code,
                        Time now);

/// What became of a code that was tried.
enum class TriedCode { missing, wrong, used, right };

/// Compares a code with the account's secret, and spends its step if it is right.
TriedCode try_totp(Transaction& tx, const Deps& deps, UserId user, std::string_view code, Time now);

}  // namespace ostiary::factors
