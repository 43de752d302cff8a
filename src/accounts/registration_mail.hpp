#pragma once

#include <string>

#include "accounts/codes.hpp"

namespace ostiary::accounts {

/// Orders the mail with the code and the link of a registration in `tx`. For a `decoy` it does the same work, and no
/// mail is sent.
void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh,
                     const statements::RegistrationRow& registration, bool decoy, Time now);

/// Mails the owner, at most once a day, that somebody tried to register the address. Returns whether it did.
bool order_registration_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, Time now);

}  // namespace ostiary::accounts
