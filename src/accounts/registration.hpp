#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "accounts/statements.hpp"
#include "base/result.hpp"
#include "storage/database.hpp"

namespace ostiary::accounts {

struct RegistrationPolicy {
  bool verify_email = true;  ///< REGISTRATION_VERIFY_EMAIL
  std::chrono::seconds pending_lifetime{std::chrono::hours{24}};
  std::chrono::seconds notice_pause{std::chrono::hours{24}};  ///< minimum time between two notices to an owner
  std::int64_t pending_per_address = 5;
};

/// A registration that is not verified yet.
struct Pending {
  statements::ChallengeRow challenge;
  statements::RegistrationRow registration;

  /// Whether its address has an account, which its challenge then names: neither its code nor its link makes another.
  bool is_decoy() const { return challenge.user_id.has_value(); }

  /// Whether that account was made of this very registration. Whoever holds its id has registered, and may be told.
  bool is_proven() const { return challenge.user_id == registration.user_id; }

  /// Whose account it is about: the owner's of the address, or the one to be.
  UserId account() const { return challenge.user_id.value_or(registration.user_id); }
};

std::optional<Pending> find_pending(Transaction& tx, VerificationId id);
std::optional<Pending> find_pending_by_link(Transaction& tx, const Digest& link_hash);

/// The address has the account `owner` from now on: its registrations become decoys until their day is over. Were they
/// deleted, whoever started one would see that there is an account now.
void give_registrations_to(Transaction& tx, const std::string& email_canonical, UserId owner);

/// The address has no account any more. The registration that the account was made of is deleted; others become what
/// they would be without an account: were they deleted, whoever started one would see that there was an account. Open
/// resets stay and are refused, because the address is not the account's.
void release_address(Transaction& tx, const std::string& email_canonical);

std::unexpected<Refused> unknown_registration();
std::unexpected<Refused> already_verified();

}  // namespace ostiary::accounts
