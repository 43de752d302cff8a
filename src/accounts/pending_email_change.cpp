#include "accounts/pending_email_change.hpp"

#include <utility>

#include "accounts/registration.hpp"
#include "accounts/status.hpp"
#include "sessions/statements.hpp"

namespace ostiary::accounts {

namespace {

PresentedChange facts_about(Transaction& tx, const EmailChange& change, UserId asker, Time now) {
  const auto session = tx.optional(sessions::statements::find_session, change.asked.session_id);
  const auto account = tx.optional(statements::find_account, change.asked.user_id);
  return {.expires_at = change.challenge.expires_at,
          .session_lives = session && !session->ended_at && now < session->expires_at,
          .account_active = account && account->status == active_status,
          .is_askers = change.asked.user_id == asker};
}

std::optional<EmailChange> if_open(Transaction& tx, std::optional<statements::ChallengeRow> challenge,
                                   std::optional<statements::EmailChangeRow> asked, std::optional<UserId> asker,
                                   Time now) {
  if (!challenge || !asked) return std::nullopt;
  EmailChange change{*std::move(challenge), *std::move(asked)};
  if (!is_open(facts_about(tx, change, asker.value_or(change.asked.user_id), now), now)) return std::nullopt;
  return change;
}

const std::string purpose(change_email_purpose);

}  // namespace

std::optional<EmailChange> find_email_change(Transaction& tx, VerificationId id, UserId asker, Time now) {
  return if_open(tx, tx.optional(statements::find_challenge, id, purpose),
                 tx.optional(statements::find_email_change, id), asker, now);
}

std::optional<EmailChange> find_email_change_by_link(Transaction& tx, const Digest& link_hash, Time now) {
  auto challenge = tx.optional(statements::find_challenge_by_link, link_hash, purpose);
  auto asked = challenge ? tx.optional(statements::find_email_change, challenge->id) : std::nullopt;
  return if_open(tx, std::move(challenge), std::move(asked), std::nullopt, now);
}

std::optional<EmailChange> find_email_change_of(Transaction& tx, UserId user, Time now) {
  auto asked = tx.optional(statements::find_email_change_of, user);
  auto challenge = asked ? tx.optional(statements::find_challenge, asked->id, purpose) : std::nullopt;
  return if_open(tx, std::move(challenge), std::move(asked), user, now);
}

void end_email_undos(Transaction& tx, UserId user, std::int64_t version, const std::string& kept, Time now) {
  while (true) {
    const auto ended = tx.all(statements::delete_some_email_undos, user, version);
    if (ended.empty()) return;
    for (const auto& undo : ended) {
      // One that has expired may be another account's address by now.
      if (now < undo.expires_at && undo.email_canonical != kept) release_address(tx, undo.email_canonical);
    }
  }
}

void forget_email_changes(Transaction& tx, UserId user, Time now) {
  tx.execute(statements::delete_email_change_of, user);
  end_email_undos(tx, user, 0, {}, now);
}

std::unexpected<Refused> no_such_email_change() {
  return refuse(Refusal::not_found, "You have no such change of address, or it has ended: ask for it again.",
                "change_id");
}

}  // namespace ostiary::accounts
