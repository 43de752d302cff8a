#include "accounts/registration.hpp"

#include "accounts/codes.hpp"

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

void give_registrations_to(Transaction& tx, const std::string& email_canonical, UserId owner) {
  for (const auto& begun : tx.all(statements::surplus_challenges, verify_email_purpose, email_canonical, 0)) {
    tx.execute(statements::name_account, begun.id, owner);
  }
}

void release_address(Transaction& tx, const std::string& email_canonical) {
  for (const auto& begun : tx.all(statements::list_registrations_at, email_canonical)) {
    if (begun.account == begun.user_id) tx.execute(statements::delete_challenge, begun.id);
    else if (begun.account) tx.execute(statements::name_account, begun.id, std::nullopt);
  }
}

std::unexpected<Refused> unknown_registration() {
  return refuse(Refusal::verification_unknown, "This registration is unknown or has expired: register again.");
}

std::unexpected<Refused> already_verified() {
  return refuse(Refusal::already_verified, "This email address is verified already: sign in.");
}

}  // namespace ostiary::accounts
