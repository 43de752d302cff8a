#include "accounts/prove_email_change.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/codes.hpp"
#include "accounts/forget_factors.hpp"
#include "accounts/forgot_password.hpp"
#include "accounts/pending_email_change.hpp"
#include "accounts/registration.hpp"
#include "base/encoding.hpp"
#include "delivery/outbox.hpp"
#include "limits/email_address.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/pending_login.hpp"

namespace ostiary::accounts {

namespace {

using statements::AccountRow;

/// Tells the address that the account has, which is about to be replaced by `new_email`. `undo`: the token of the link
/// that it may undo the change with, if it may.
void tell_replaced_address(Transaction& tx, const Deps& deps, const Call& call, UserId user,
                           const std::string& new_email, const std::optional<Secret>& undo, Time now) {
  order_security_notice(tx, deps, call, user, "email_changed", now,
                        {{"new_email", mask_email(new_email)},
                         {"undo_link", undo ? link_with_token(deps, "/undo-email-change", *undo) : ""}});
}

/// Writes the new address. Gives the account's version.
std::int64_t write_address(Transaction& tx, const Deps& deps, UserId user, const limits::EmailAddress& email,
                           std::string_view reason, Time now) {
  const auto written = tx.one(statements::set_email, user, email.given, email.canonical, now);
  give_registrations_to(tx, email.canonical, user);
  deps.sessions.invalidation.publish(tx, user);
  delivery::announce(tx, deps.sessions.ids, now,
                     {"user.email_changed",
                      user.uuid,
                      written.version,
                      {{"user_id", to_string(user)}, {"reason", std::string(reason)}}});
  return written.version;
}

/// Puts the account's address aside, by what judge_replaced says of it, and writes the new one.
void replace(Transaction& tx, const Deps& deps, const Call& call, const AccountRow& account,
             const limits::EmailAddress& email, Time now) {
  const auto old_canonical = account.email_canonical.value_or("");
  const auto earlier = tx.optional(statements::find_email_undo_of, account.id, email.canonical);
  const bool is_going_back = earlier && now < earlier->expires_at;
  const auto verdict = judge_replaced({.exists = account.email.has_value(),
                                       .verified = account.email_verified,
                                       .is_same = old_canonical == email.canonical,
                                       .is_going_back = is_going_back});
  std::optional<Secret> undo;
  if (verdict == ReplacedVerdict::may_undo) undo = Secret(to_base64url(deps.sessions.random.bytes(32)));
  if (verdict != ReplacedVerdict::kept) tell_replaced_address(tx, deps, call, account.id, email.given, undo, now);
  if (verdict == ReplacedVerdict::dropped || verdict == ReplacedVerdict::told) release_address(tx, old_canonical);
  if (is_going_back) end_email_undos(tx, account.id, earlier->account_version, email.canonical, now);
  const auto version = write_address(tx, deps, account.id, email, "proven", now);
  if (undo) {
    tx.execute(statements::insert_email_undo, deps.sessions.ids.make_uuid(), account.id, *account.email, old_canonical,
               link_hash_of(undo->reveal()), version, now + undo_lifetime);
  }
}

/// What a right code or link does.
Result<void> take_effect(Transaction& tx, const Deps& deps, const Call& call, const EmailChange& change, Time now) {
  const limits::EmailAddress email{change.asked.email, change.challenge.subject};
  const UserId user = change.asked.user_id;
  const auto holder = tx.optional(statements::find_holder, email.canonical, now);
  if (holder && holder->id != user) {
    return refuse(Refusal::email_taken, "This address has been taken in the meantime.", "new_email");
  }
  const auto account = tx.one(statements::find_account, user);
  tx.execute(statements::delete_email_change_of, user);
  replace(tx, deps, call, account, email, now);
  deps.sessions.audit.record(tx, call,
                             {.action = "user.change_email",
                              .user = user,
                              .actor = user,
                              .metadata = {{"change_id", to_string(change.challenge.id)},
                                           {"old_email", account.email.value_or("")},
                                           {"new_email", email.given}}});
  return {};
}

void record_wrong_code(Transaction& tx, const Deps& deps, const Call& call, const EmailChange& change) {
  deps.sessions.audit.record(tx, call,
                             {.action = "user.change_email",
                              .outcome = audit::Outcome::refused,
                              .user = change.asked.user_id,
                              .reason = name_of(Refusal::wrong_code),
                              .metadata = {{"change_id", to_string(change.challenge.id)}}});
}

std::unexpected<Refused> link_invalid() {
  return refuse(Refusal::link_invalid, "This link is not known, was used, or has expired.", "token");
}

std::optional<PresentedUndo> facts_about(Transaction& tx, const std::optional<statements::EmailUndoRow>& undo,
                                         Time now) {
  if (!undo) return std::nullopt;
  const auto holder = tx.optional(statements::find_holder, undo->email_canonical, now);
  return PresentedUndo{undo->expires_at, holder && holder->id != undo->user_id};
}

/// The account goes back to the address of `undo`, and whoever is signed in is signed out. The password goes too:
/// whoever changed the address knew it, and must not sign in again before the reset; and so do factors that are
/// suspect.
void go_back(Transaction& tx, const Deps& deps, const Call& call, const AccountRow& account,
             const statements::EmailUndoRow& undo, Time now) {
  const auto& room = deps.sessions;
  if (account.email_canonical) release_address(tx, *account.email_canonical);
  tx.execute(statements::delete_email_change_of, account.id);
  end_email_undos(tx, account.id, undo.account_version, undo.email_canonical, now);
  const auto ended = sessions::end_sessions_of(tx, room, account.id, std::nullopt, "email_change_undone", now);
  tx.execute(statements::delete_password, account.id);
  sessions::forget_remembered_devices(tx, account.id);
  forget_factors(tx, account.id, undo.expires_at - undo_lifetime - suspect_before_change);
  write_address(tx, deps, account.id, {undo.email, undo.email_canonical}, "undone", now);
  room.audit.record(tx, call,
                    {.action = "user.undo_email_change",
                     .user = account.id,
                     .actor = account.id,
                     .metadata = {{"old_email", account.email.value_or("")},
                                  {"new_email", undo.email},
                                  {"ended_sessions", std::to_string(ended)}}});
}

/// Tells the address that the account loses. Not from where: it may be a thief's.
void tell_removed_address(Transaction& tx, const Deps& deps, const AccountRow& account, Time now) {
  if (!account.email) return;
  order_mail(
      tx, deps,
      {.owner = account.id,
       .kind = "email_change_undone",
       .to = *account.email,
       .locale = account.locale,
       .values = {{"display_name", account.display_name}, {"service_name", deps.service_name}, {"link", deps.app_url}},
       .expires_at = now + std::chrono::days(1)},
      now);
}

}  // namespace

Result<v1::AccountEmail> verify_email_change(Deps& deps, const Call& call,
                                             const v1::VerifyEmailChangeRequest& request) {
  const auto id = parse_id<VerificationId>(request.change_id());
  if (!id) return no_such_email_change();
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::AccountEmail> {
    const auto change = find_email_change(tx, *id, call.person().user_id, now);
    if (!change) return no_such_email_change();
    const auto verdict = try_code(tx, deps, change->challenge, digits_of(request.code()), now);
    if (verdict != CodeVerdict::right) {
      if (verdict == CodeVerdict::wrong) record_wrong_code(tx, deps, call, *change);
      return tx.keep(refusal_for(tx, deps, change->challenge, verdict, now));
    }
    const auto done = take_effect(tx, deps, call, *change, now);
    if (!done) return std::unexpected(done.error());
    v1::AccountEmail reply;
    reply.set_email(change->asked.email);
    reply.set_email_verified(true);
    return reply;
  });
}

Result<v1::ConfirmEmailChangeReply> confirm_email_change(Deps& deps, const Call& call,
                                                         const v1::ConfirmEmailChangeRequest& request) {
  const Time now = deps.sessions.clock.now();
  const Digest hash = link_hash_of(request.token());
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ConfirmEmailChangeReply> {
    const auto change = find_email_change_by_link(tx, hash, now);
    if (!change) return link_invalid();
    if (now >= change->challenge.code_expires_at) {
      expire(tx, change->challenge);
      return tx.keep(link_invalid());
    }
    const auto done = take_effect(tx, deps, call, *change, now);
    if (!done) return std::unexpected(done.error());
    v1::ConfirmEmailChangeReply reply;
    reply.set_email(change->asked.email);
    return reply;
  });
}

Result<v1::UndoEmailChangeReply> undo_email_change(Deps& deps, const Call& call,
                                                   const v1::UndoEmailChangeRequest& request) {
  const Time now = deps.sessions.clock.now();
  const Digest hash = link_hash_of(request.token());
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::UndoEmailChangeReply> {
    const auto undo = tx.optional(statements::find_email_undo_by_link, hash);
    switch (judge_undo(facts_about(tx, undo, now), now)) {
      case UndoVerdict::unknown: return link_invalid();
      case UndoVerdict::too_late:
        // Too late it stays, if the clock is set back. Only this right ends: later ones are younger.
        tx.execute(statements::delete_email_undo, undo->id);
        return tx.keep(link_invalid());
      case UndoVerdict::undoes: break;
    }
    const auto account = tx.one(statements::find_account, undo->user_id);
    go_back(tx, deps, call, account, *undo, now);
    tell_removed_address(tx, deps, account, now);
    // No budget of mails is asked: strangers can spend it, and an undoing happens once.
    drop_challenges(tx, reset_password_purpose, undo->email_canonical);
    begin_reset(tx, deps, call, undo->email_canonical, now);
    v1::UndoEmailChangeReply reply;
    reply.set_email(undo->email);
    return reply;
  });
}

}  // namespace ostiary::accounts
