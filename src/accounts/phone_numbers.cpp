#include "accounts/phone_numbers.hpp"

#include "accounts/statements.hpp"
#include "crypto/digest.hpp"
#include "delivery/mails.hpp"

namespace ostiary::accounts {

namespace {

Digest blind_index(const Deps& deps, std::string_view what, std::string_view digits) {
  const auto key = deps.sessions.keys.current(vault::KeyPurpose::codes);
  return crypto::hmac_sha256(key.bytes, {as_bytes("texts"), as_bytes(what), as_bytes(digits)});
}

std::optional<Time> time_of(const std::optional<statements::TextRow>& text) {
  return text ? std::optional(text->ordered_at) : std::nullopt;
}

void tell_of_cap(Transaction& tx, const Deps& deps, const Call& call, UserId user, const std::string& country_code,
                 std::string_view action, CapVerdict cap) {
  // No audit row: nothing slows down whoever asks for another text at a cap.
  deps.sessions.audit.log_only(tx, call,
                               {.action = action,
                                .outcome = audit::Outcome::refused,
                                .user = user,
                                .reason = name_of(cap),
                                .metadata = {{"country_code", country_code}}});
  tx.after_commit([&log = deps.sessions.log, country_code, cap] {
    log.write(LogLevel::warning, "sms.capped", {{"cap", name_of(cap)}, {"country_code", country_code}});
  });
}

}  // namespace

Digest index_of(const Deps& deps, const limits::PhoneNumber& number) {
  return blind_index(deps, "number", std::string_view(number.e164).substr(1));
}

Bytes seal_number(Transaction& tx, const Deps& deps, UserId user, std::string_view purpose,
                  const limits::PhoneNumber& number) {
  auto sealed = deps.data_keys.seal(tx, user, purpose, as_bytes(number.e164));
  if (!sealed) throw std::runtime_error("an account has no data key");
  return *std::move(sealed);
}

limits::PhoneNumber open_number(Transaction& tx, const Deps& deps, UserId user, std::string_view purpose,
                                BytesView sealed) {
  const auto opened = deps.data_keys.open(tx, user, purpose, sealed);
  auto number = opened ? limits::parse_phone_number(as_text(*opened)) : std::nullopt;
  if (!number) throw std::runtime_error("a phone number does not open under its owner's key");
  return *std::move(number);
}

std::optional<ProvenPhone> find_phone(Transaction& tx, const Deps& deps, UserId user) {
  const auto row = tx.optional(statements::find_phone, user);
  if (!row) return std::nullopt;
  return ProvenPhone{open_number(tx, deps, user, phone_purpose, row->number_sealed), row->verified_at};
}

Result<void> count_text(Transaction& tx, const Deps& deps, const Call& call, UserId user,
                        const limits::PhoneNumber& number, TextUse use, Time now) {
  const auto policy = caps_for(deps.texts, use);
  const auto digits = std::string_view(number.e164).substr(1);
  const Digest number_hash = index_of(deps, number);
  const Digest prefix_hash = blind_index(deps, "prefix", digits.substr(0, prefix_digits));
  const Time since = now - text_window;
  using namespace statements;
  const ReachedCaps reached{
      time_of(tx.optional(older_text_of_account, user, since, policy.per_account - 1)),
      use == TextUse::login ? std::nullopt
                            : time_of(tx.optional(older_text_to_number, number_hash, since, policy.per_number - 1)),
      time_of(tx.optional(older_text_to_prefix, prefix_hash, since, policy.per_prefix - 1)),
      time_of(tx.optional(older_text, since, policy.per_day - 1)),
  };
  const auto [verdict, wait] = judge_caps(reached, now);
  if (verdict != CapVerdict::sent) {
    const auto action = use == TextUse::login ? "session.start" : "user.change_phone";
    tell_of_cap(tx, deps, call, user, number.country_code, action, verdict);
    return refuse_for(Refusal::rate_limited, wait, "Too many texts were asked for.");
  }
  tx.execute(insert_text, deps.sessions.ids.make_uuid(), user, number_hash, prefix_hash, now);
  return {};
}

void order_code_text(Transaction& tx, const Deps& deps, UserId user, std::string_view purpose, const FreshCode& fresh,
                     const limits::PhoneNumber& number, const std::string& locale, Time now) {
  delivery::order_text(tx, deps.data_keys, deps.sessions.ids, now,
                       {.owner = user,
                        .kind = purpose,
                        .to = number.e164,
                        .locale = locale,
                        .values = {{"code", std::string(fresh.code.reveal())},
                                   {"service_name", deps.service_name},
                                   {"domain", deps.texts.domain}},
                        .expires_at = now + deps.code_policy.code_lifetime,
                        .once = true});
  tx.after_commit(deps.wake_executor);
}

}  // namespace ostiary::accounts
