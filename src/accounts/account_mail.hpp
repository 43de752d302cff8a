#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/deps.hpp"
#include "delivery/mails.hpp"

namespace ostiary::accounts {

/// Counts a mail against the budgets of its mailbox and of the network that asks for it, until the call is refused or
/// fails. A decoy costs as much as a mail that is sent: otherwise the sixth request in an hour would tell an address
/// that has an account.
Result<limits::Reservation> reserve_mail(const Deps& deps, const std::string& email_canonical, const Call& call);

/// Orders a mail in `tx`. The executor learns of it after the commit.
void order_mail(Transaction& tx, const Deps& deps, const delivery::MailOrder& mail, Time now);

/// A link to a page of this service with a single-use token for the page's script and, if `email` is not empty, an
/// address for it to show. Both stand in the fragment, which no browser sends: a scanner that follows the link spends
/// nothing.
std::string link_with_token(const Deps& deps, std::string_view path, const Secret& token, std::string_view email = {});

/// How long the delivery of a notice is tried: as long as a change of address can be undone by the link in one.
inline constexpr std::chrono::days notice_lifetime{3};

/// Tells the owner of an account by mail that its credentials changed (ASVS 6.3.7): by the template `kind`, which has
/// `values` and display_name, service_name, link (APP_URL), time (UTC), device_name, address and place, which are
/// empty for an operator's command. An account without a verified address gets no mail.
void order_security_notice(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view kind,
                           Time now, const std::vector<std::pair<std::string, std::string>>& values = {});

}  // namespace ostiary::accounts
