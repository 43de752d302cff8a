#include "accounts/registration_mail.hpp"

#include "accounts/account_mail.hpp"
#include "base/named_duration.hpp"

namespace ostiary::accounts {

void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh,
                     const statements::RegistrationRow& registration, bool decoy, Time now) {
  const NamedDuration lifetime = name_duration(deps.code_policy.code_lifetime);
  // The page behind the link shows the address, and goes by the token alone.
  order_mail(tx, deps,
             {.owner = registration.user_id,
              .kind = "verify_email",
              .to = registration.email,
              .locale = registration.locale,
              .values = {{"code", std::string(fresh.code.reveal())},
                         {"link", link_with_token(deps, "/verify-email", fresh.link_token, registration.email)},
                         {"minutes", lifetime.minutes},
                         {"seconds", lifetime.seconds},
                         {"display_name", registration.display_name},
                         {"service_name", deps.service_name}},
              .expires_at = now + deps.code_policy.code_lifetime,
              .once = true,
              .decoy = decoy},
             now);
}

bool order_address_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, std::string_view kind,
                          Time now) {
  if (owner.noticed_at && now < *owner.noticed_at + deps.policy.notice_pause) return false;
  tx.send(statements::note_notice, owner.id, now);
  order_mail(
      tx, deps,
      {.owner = owner.id,
       .kind = kind,
       .to = owner.address(),
       .locale = owner.locale,
       .values = {{"display_name", owner.display_name}, {"service_name", deps.service_name}, {"link", deps.app_url}},
       .expires_at = now + std::chrono::days(1)},
      now);
  return true;
}

}  // namespace ostiary::accounts
