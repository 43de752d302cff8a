#pragma once

#include <string>

#include "accounts/codes.hpp"

namespace ostiary::accounts {

/// Orders the mail with the code and the link of a registration in `tx`. For a `decoy` it does the same work, and no
/// mail is sent.
void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh,
                     const statements::RegistrationRow& registration, bool decoy, Time now);

/// Mails the holder of an address, at most once a day, that somebody asked for it: to register (`kind`
/// registration_notice) or as the new address of another account (email_change_notice). Returns whether it did.
bool order_address_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, std::string_view kind,
                          Time now);

}  // namespace ostiary::accounts
