#pragma once

#include <string>

#include "accounts/codes.hpp"

namespace ostiary::accounts {

/// Orders the mail with the code and the link in `tx`.
void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh, UserId owner, const std::string& email,
                     const std::string& display_name, const std::string& locale, Time now);

/// Mails the owner, at most once a day, that somebody tried to register the address. Returns whether it did.
bool order_registration_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, Time now);

}  // namespace ostiary::accounts
