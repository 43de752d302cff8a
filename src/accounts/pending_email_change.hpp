#pragma once

#include <optional>
#include <string>

#include "accounts/email_change.hpp"
#include "accounts/statements.hpp"
#include "base/result.hpp"
#include "storage/database.hpp"

namespace ostiary::accounts {

/// A change of address that waits for its proof. For an address that another account has it is a decoy, whose code and
/// link nobody knows.
struct EmailChange {
  statements::ChallengeRow challenge;
  statements::EmailChangeRow asked;
};

/// Each gives a change that is open: the one with an id, if `asker`'s account asked for it; the one whose link was
/// opened; the one of an account.
std::optional<EmailChange> find_email_change(Transaction& tx, VerificationId id, UserId asker, Time now);
std::optional<EmailChange> find_email_change_by_link(Transaction& tx, const Digest& link_hash, Time now);
std::optional<EmailChange> find_email_change_of(Transaction& tx, UserId user, Time now);

/// Ends the rights to undo the change that made `version` of the account, and those of later changes. Their addresses
/// are free then, but for `kept`.
void end_email_undos(Transaction& tx, UserId user, std::int64_t version, const std::string& kept, Time now);

/// Deletes all that is stored about changes of an account's address: the pending one and every right to undo.
void forget_email_changes(Transaction& tx, UserId user, Time now);

std::unexpected<Refused> no_such_email_change();

}  // namespace ostiary::accounts
