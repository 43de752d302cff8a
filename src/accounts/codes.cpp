#include "accounts/codes.hpp"

#include <cstdio>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "delivery/mails.hpp"

namespace ostiary::accounts {

namespace {

Digest code_mac(BytesView key, VerificationId registration, std::string_view email_canonical, std::string_view code) {
  return crypto::hmac_sha256(
      key, {as_bytes("verify email code"), registration.uuid.bytes, as_bytes(email_canonical), as_bytes(code)});
}

Secret six_digits(Random& random) {
  std::array<char, 7> text{};
  std::snprintf(text.data(), text.size(), "%06u", random.below(1'000'000));
  return Secret(std::string(text.data()));
}

void order(Transaction& tx, const Deps& deps, const delivery::MailOrder& mail, Time now) {
  delivery::order_mail(tx, deps.data_keys, deps.sessions.ids, now, mail);
  tx.after_commit(deps.wake_executor);
}

}  // namespace

FreshCode make_code(const Deps& deps, VerificationId registration, std::string_view email_canonical) {
  const auto key = deps.sessions.keys.current(vault::KeyPurpose::codes);
  FreshCode fresh{
      six_digits(deps.sessions.random), Secret(to_base64url(deps.sessions.random.bytes(32))), {}, {}, key.id};
  fresh.code_mac = code_mac(key.bytes, registration, email_canonical, fresh.code.reveal());
  fresh.link_hash = link_hash_of(fresh.link_token.reveal());
  return fresh;
}

FreshCode make_unknowable_code(const Deps& deps) {
  FreshCode fresh{{}, {}, {}, {}, deps.sessions.keys.current(vault::KeyPurpose::codes).id};
  deps.sessions.random.fill(fresh.code_mac);
  deps.sessions.random.fill(fresh.link_hash);
  return fresh;
}

bool is_code(const Deps& deps, const statements::PendingRow& pending, std::string_view code) {
  const auto key = deps.sessions.keys.find(pending.key_id);
  if (!key) throw std::runtime_error("the server key of a code is missing");
  return crypto::equal_in_constant_time(code_mac(key->bytes, pending.id, pending.email_canonical, code),
                                        pending.code_mac);
}

Digest link_hash_of(std::string_view link_token) { return crypto::sha256(as_bytes(link_token)); }

Digest guess_key(const Deps& deps, std::string_view email_canonical) {
  const auto key = deps.sessions.keys.current(vault::KeyPurpose::codes);
  return crypto::hmac_sha256(key.bytes, {as_bytes("guesses"), as_bytes(email_canonical)});
}

void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh, const std::string& email,
                     const std::string& display_name, const std::string& locale, Time now) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(deps.policy.code_lifetime).count();
  // The token stands in the fragment, which no browser sends: a scanner that follows the link spends nothing.
  const std::string link = deps.public_url + "/verify-email#token=" + std::string(fresh.link_token.reveal());
  order(tx, deps,
        {.kind = "verify_email",
         .to = email,
         .locale = locale,
         .values = {{"code", std::string(fresh.code.reveal())},
                    {"link", link},
                    {"minutes", std::to_string(minutes)},
                    {"display_name", display_name},
                    {"service_name", deps.service_name}},
         .expires_at = now + deps.policy.code_lifetime,
         .once = true},
        now);
}

void order_registration_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, Time now) {
  const auto last = tx.optional(statements::find_notice, owner.id);
  if (last && now < last->sent_at + deps.policy.notice_pause) return;
  tx.execute(statements::note_notice, owner.id, now);
  order(
      tx, deps,
      {.kind = "registration_notice",
       .to = owner.email.value(),
       .locale = owner.locale,
       .values = {{"display_name", owner.display_name}, {"service_name", deps.service_name}, {"link", deps.public_url}},
       .expires_at = now + std::chrono::days(1)},
      now);
}

}  // namespace ostiary::accounts
