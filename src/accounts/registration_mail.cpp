#include "accounts/registration_mail.hpp"

#include "base/encoding.hpp"
#include "base/named_duration.hpp"
#include "delivery/mails.hpp"

namespace ostiary::accounts {

namespace {

void order(Transaction& tx, const Deps& deps, const delivery::MailOrder& mail, Time now) {
  delivery::order_mail(tx, deps.data_keys, deps.sessions.ids, now, mail);
  tx.after_commit(deps.wake_executor);
}

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                            std::string_view("-._~").contains(c);
    encoded += unreserved ? std::string(1, c) : "%" + to_hex(as_bytes(std::string_view(&c, 1)));
  }
  return encoded;
}

}  // namespace

void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh,
                     const statements::RegistrationRow& registration, bool decoy, Time now) {
  const NamedDuration lifetime = name_duration(deps.code_policy.code_lifetime);
  // The token stands in the fragment, which no browser sends: a scanner that follows the link spends nothing. The page
  // shows the address, and goes by the token alone.
  const std::string link = deps.public_url + "/verify-email#token=" + std::string(fresh.link_token.reveal()) +
                           "&email=" + percent_encode(registration.email);
  order(tx, deps,
        {.owner = registration.user_id,
         .kind = "verify_email",
         .to = registration.email,
         .locale = registration.locale,
         .values = {{"code", std::string(fresh.code.reveal())},
                    {"link", link},
                    {"minutes", lifetime.minutes},
                    {"seconds", lifetime.seconds},
                    {"display_name", registration.display_name},
                    {"service_name", deps.service_name}},
         .expires_at = now + deps.code_policy.code_lifetime,
         .once = true,
         .decoy = decoy},
        now);
}

bool order_registration_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, Time now) {
  if (owner.noticed_at && now < *owner.noticed_at + deps.policy.notice_pause) return false;
  tx.send(statements::note_notice, owner.id, now);
  order(tx, deps,
        {.owner = owner.id,
         .kind = "registration_notice",
         .to = owner.email.value(),
         .locale = owner.locale,
         .values = {{"display_name", owner.display_name}, {"service_name", deps.service_name}, {"link", deps.app_url}},
         .expires_at = now + std::chrono::days(1)},
        now);
  return true;
}

}  // namespace ostiary::accounts
