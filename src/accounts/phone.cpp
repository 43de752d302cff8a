#include "accounts/phone.hpp"

#include "accounts/account_mail.hpp"
#include "accounts/phone_numbers.hpp"
#include "accounts/statements.hpp"
#include "delivery/outbox.hpp"
#include "sessions/live_session.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

using statements::AccountRow;
using statements::PhoneChangeRow;

constexpr std::string_view change_action = "user.change_phone";

/// Refused if the session ended since it was checked.
Result<AccountRow> phone_owner(Transaction& tx, const Call& call, Time now) {
  if (auto alive = sessions::require_live_session(tx, call.person(), now); !alive) {
    return std::unexpected(alive.error());
  }
  return tx.one(statements::find_account, call.person().user_id);
}

std::unexpected<Refused> no_texts() { return refuse(Refusal::not_found, "This server sends no texts."); }

std::unexpected<Refused> unknown_change() {
  return refuse(Refusal::verification_unknown, "This change of the phone number is unknown, or has expired or ended.",
                "verification_id");
}

/// The change of an account that is open at `now`.
std::optional<PhoneChangeRow> open_change(Transaction& tx, UserId user, Time now) {
  auto change = tx.optional(statements::find_phone_change, user);
  if (change && now >= change->expires_at) return std::nullopt;
  return change;
}

v1::AccountPhone message_of(Transaction& tx, const Deps& deps, UserId user, Time now) {
  v1::AccountPhone message;
  if (const auto phone = find_phone(tx, deps, user)) {
    message.set_phone_number(phone->number.e164);
    message.set_phone_verified(true);
    sessions::set_time(*message.mutable_verified_at(), phone->verified_at);
  }
  if (const auto change = open_change(tx, user, now)) {
    auto& pending = *message.mutable_pending();
    pending.set_verification_id(to_string(change->id));
    pending.set_phone_number(open_number(tx, deps, user, phone_change_purpose, change->number_sealed).e164);
    sessions::set_time(*pending.mutable_expires_at(), change->code_expires_at);
    sessions::set_time(*pending.mutable_resend_at(), change->resend_at);
  }
  return message;
}

v1::ChangePhoneReply reply_of(VerificationId id, const CodeTimes& times) {
  v1::ChangePhoneReply reply;
  reply.set_verification_id(to_string(id));
  sessions::set_time(*reply.mutable_expires_at(), times.expires_at);
  sessions::set_time(*reply.mutable_resend_at(), times.resend_at);
  return reply;
}

Result<limits::PhoneNumber> read_number(const Deps& deps, const std::string& typed) {
  auto number = limits::parse_phone_number(typed);
  if (!number) {
    return refuse(Refusal::invalid_field,
                  "Expected a phone number in international form, with a plus sign and a country code.",
                  "phone_number");
  }
  if (!limits::begins_with_any(*number, deps.texts.countries)) {
    return refuse(Refusal::invalid_field, "Phone numbers of this country are not accepted.", "phone_number");
  }
  return *std::move(number);
}

std::optional<std::chrono::seconds> wait_for_code(const Deps& deps, const PhoneChangeRow& change, Time now) {
  return wait_for_resend(change.resend_at, deps.code_policy, now);
}

std::unexpected<Refused> too_early(std::chrono::seconds wait) {
  return refuse_for(Refusal::resend_too_early, wait, "A code was sent a moment ago.");
}

std::string subject_of(UserId user) { return to_string(user); }

/// How long another change must wait that would text the same number as `change`.
std::optional<std::chrono::seconds> wait_for_change(Transaction& tx, const Deps& deps, UserId user,
                                                    const PhoneChangeRow& change, const limits::PhoneNumber& number,
                                                    Time now) {
  const auto wait = wait_for_code(deps, change, now);
  if (!wait) return std::nullopt;
  const auto asked_for = open_number(tx, deps, user, phone_change_purpose, change.number_sealed);
  return asked_for.e164 == number.e164 ? wait : std::nullopt;
}

/// What every change of the number leaves behind: the account's version, an event, an audit row and a mail.
void record_change(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view event,
                   std::string_view action, std::string_view notice, const limits::PhoneNumber& number, Time now) {
  const auto touched = tx.one(statements::touch_user, user, now);
  delivery::announce(tx, deps.sessions.ids, now, {event, user.uuid, touched.version, {{"user_id", to_string(user)}}});
  deps.sessions.audit.record(tx, call,
                             {.action = action, .user = user, .metadata = {{"country_code", number.country_code}}});
  order_security_notice(tx, deps, call, user, notice, now, {{"phone_number", limits::masked(number)}});
}

/// The number of `change` was proven.
v1::AccountPhone take_number(Transaction& tx, const Deps& deps, const Call& call, UserId user,
                             const PhoneChangeRow& change, Time now) {
  const auto number = open_number(tx, deps, user, phone_change_purpose, change.number_sealed);
  const auto before = find_phone(tx, deps, user);
  tx.execute(statements::delete_challenge, change.id);
  tx.execute(statements::set_phone, user, seal_number(tx, deps, user, phone_purpose, number), now);
  // Proven once more, it is no other.
  if (!before || before->number.e164 != number.e164) {
    record_change(tx, deps, call, user, "user.phone_changed", change_action, "phone_changed", number, now);
  }
  return message_of(tx, deps, user, now);
}

}  // namespace

Result<v1::AccountPhone> get_phone(Deps& deps, const Call& call, const v1::GetPhoneRequest&) {
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.read([&](Transaction& tx) -> Result<v1::AccountPhone> {
    const auto owner = phone_owner(tx, call, now);
    if (!owner) return std::unexpected(owner.error());
    return message_of(tx, deps, owner->id, now);
  });
}

Result<v1::ChangePhoneReply> change_phone(Deps& deps, const Call& call, const v1::ChangePhoneRequest& request) {
  if (!deps.texts.enabled) return no_texts();
  const auto number = read_number(deps, request.phone_number());
  if (!number) return std::unexpected(number.error());
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ChangePhoneReply> {
    const auto owner = phone_owner(tx, call, now);
    if (!owner) return std::unexpected(owner.error());
    const UserId user = owner->id;
    const auto before = tx.optional(statements::find_phone_change, user);
    if (before) {
      if (const auto wait = wait_for_change(tx, deps, user, *before, *number, now)) return too_early(*wait);
    }
    if (auto counted = count_text(tx, deps, call, user, *number, TextUse::proof, now); !counted) {
      return tx.keep(std::unexpected(counted.error()));
    }
    if (before) tx.execute(statements::delete_challenge, before->id);
    const auto id = deps.sessions.ids.make<VerificationId>();
    const FreshCode fresh = make_code(deps, verify_phone_purpose, id, subject_of(user));
    const Digest device = call.device ? call.device->hash : Digest{};
    const auto times = write_challenge(
        tx, deps, {id, verify_phone_purpose, user, subject_of(user), device, deps.policy.pending_lifetime}, fresh, now);
    tx.execute(statements::insert_phone_change, id, user, seal_number(tx, deps, user, phone_change_purpose, *number));
    order_code_text(tx, deps, user, verify_phone_purpose, fresh, *number, owner->locale, now);
    deps.sessions.audit.record(tx, call,
                               {.action = change_action,
                                .user = user,
                                .reason = "begun",
                                .metadata = {{"country_code", number->country_code}}});
    return reply_of(id, times);
  });
}

Result<v1::ChangePhoneReply> resend_phone_code(Deps& deps, const Call& call,
                                               const v1::ResendPhoneCodeRequest& request) {
  if (!deps.texts.enabled) return no_texts();
  const auto id = parse_id<VerificationId>(request.verification_id());
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ChangePhoneReply> {
    const auto owner = phone_owner(tx, call, now);
    if (!owner) return std::unexpected(owner.error());
    const UserId user = owner->id;
    const auto change = open_change(tx, user, now);
    if (!change || id != change->id) return unknown_change();
    if (const auto wait = wait_for_code(deps, *change, now)) return too_early(*wait);
    const auto number = open_number(tx, deps, user, phone_change_purpose, change->number_sealed);
    // Begun before the setting was narrowed.
    if (!limits::begins_with_any(number, deps.texts.countries)) return unknown_change();
    if (auto counted = count_text(tx, deps, call, user, number, TextUse::proof, now); !counted) {
      return tx.keep(std::unexpected(counted.error()));
    }
    const FreshCode fresh = make_code(deps, verify_phone_purpose, change->id, subject_of(user));
    const auto times = renew_code(tx, deps, change->id, fresh, now);
    order_code_text(tx, deps, user, verify_phone_purpose, fresh, number, owner->locale, now);
    deps.sessions.audit.log_only(tx, call, {.action = change_action, .user = user, .reason = "resent"});
    return reply_of(change->id, times);
  });
}

Result<v1::AccountPhone> verify_phone(Deps& deps, const Call& call, const v1::VerifyPhoneRequest& request) {
  const auto id = parse_id<VerificationId>(request.verification_id());
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<v1::AccountPhone> {
    const auto owner = phone_owner(tx, call, now);
    if (!owner) return std::unexpected(owner.error());
    const UserId user = owner->id;
    const auto change = open_change(tx, user, now);
    if (!change || id != change->id) return unknown_change();
    const auto challenge = tx.one(statements::find_challenge, change->id, std::string(verify_phone_purpose));
    const auto verdict = try_code(tx, deps, challenge, digits_of(request.code()), now);
    if (verdict == CodeVerdict::right) return take_number(tx, deps, call, user, *change, now);
    if (verdict == CodeVerdict::unknown) return tx.keep(unknown_change());
    if (verdict == CodeVerdict::wrong) {
      deps.sessions.audit.record(tx, call,
                                 {.action = change_action,
                                  .outcome = audit::Outcome::refused,
                                  .user = user,
                                  .reason = name_of(Refusal::wrong_code)});
    }
    return tx.keep(refusal_for(tx, deps, challenge, verdict, now));
  });
}

Result<void> remove_phone(Transaction& tx, const Deps& deps, const Call& call, Time now) {
  const auto owner = phone_owner(tx, call, now);
  if (!owner) return std::unexpected(owner.error());
  const UserId user = owner->id;
  if (const auto change = tx.optional(statements::find_phone_change, user)) {
    tx.execute(statements::delete_challenge, change->id);
  }
  if (const auto phone = find_phone(tx, deps, user)) {
    tx.execute(statements::delete_phone, user, Time());
    record_change(tx, deps, call, user, "user.phone_removed", "user.remove_phone", "phone_removed", phone->number, now);
  }
  return {};
}

}  // namespace ostiary::accounts
