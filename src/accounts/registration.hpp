#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

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

  /// Whether it is for an address that has an account. Its challenge names the account, and nobody knows its code.
  bool is_decoy() const { return challenge.user_id.has_value(); }

  /// The account that it is about: the owner's of the address, or the new one.
  UserId account() const { return challenge.user_id.value_or(registration.user_id); }
};

std::optional<Pending> find_pending(Transaction& tx, VerificationId id);
std::optional<Pending> find_pending_by_link(Transaction& tx, const Digest& link_hash);

std::unexpected<Refused> unknown_registration();

}  // namespace ostiary::accounts
