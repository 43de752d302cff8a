#include "accounts/registration.hpp"

#include "accounts/challenge.hpp"

namespace ostiary::accounts {

namespace {

std::optional<Pending> with_registration(Transaction& tx, std::optional<statements::ChallengeRow> challenge) {
  if (!challenge) return std::nullopt;
  auto registration = tx.one(statements::find_registration, challenge->id);
  return Pending{*std::move(challenge), std::move(registration)};
}

}  // namespace

std::optional<Pending> find_pending(Transaction& tx, VerificationId id) {
  return with_registration(tx, tx.optional(statements::find_challenge, id, std::string(verify_email_purpose)));
}

std::optional<Pending> find_pending_by_link(Transaction& tx, const Digest& link_hash) {
  return with_registration(
      tx, tx.optional(statements::find_challenge_by_link, link_hash, std::string(verify_email_purpose)));
}

std::unexpected<Refused> unknown_registration() {
  return refuse(Refusal::verification_unknown, "This registration is unknown or has expired: register again.");
}

std::unexpected<Refused> already_verified() {
  return refuse(Refusal::already_verified, "This email address is verified already: sign in.");
}

}  // namespace ostiary::accounts
