#include "accounts/registration_mail.hpp"

#include "delivery/mails.hpp"

namespace ostiary::accounts {

namespace {

void order(Transaction& tx, const Deps& deps, const delivery::MailOrder& mail, Time now) {
  delivery::order_mail(tx, deps.data_keys, deps.sessions.ids, now, mail);
  tx.after_commit(deps.wake_executor);
}

}  // namespace

void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh, UserId owner, const std::string& email,
                     const std::string& display_name, const std::string& locale, Time now) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(deps.code_policy.code_lifetime).count();
  // The token stands in the fragment, which no browser sends: a scanner that follows the link spends nothing.
  const std::string link = deps.public_url + "/verify-email#token=" + std::string(fresh.link_token.reveal());
  order(tx, deps,
        {.owner = owner,
         .kind = "verify_email",
         .to = email,
         .locale = locale,
         .values = {{"code", std::string(fresh.code.reveal())},
                    {"link", link},
                    {"minutes", std::to_string(minutes)},
                    {"display_name", display_name},
                    {"service_name", deps.service_name}},
         .expires_at = now + deps.code_policy.code_lifetime,
         .once = true},
        now);
}

bool order_registration_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, Time now) {
  const auto last = tx.optional(statements::find_notice, owner.id);
  if (last && now < last->sent_at + deps.policy.notice_pause) return false;
  tx.execute(statements::note_notice, owner.id, now);
  order(
      tx, deps,
      {.owner = owner.id,
       .kind = "registration_notice",
       .to = owner.email.value(),
       .locale = owner.locale,
       .values = {{"display_name", owner.display_name}, {"service_name", deps.service_name}, {"link", deps.public_url}},
       .expires_at = now + std::chrono::days(1)},
      now);
  return true;
}

}  // namespace ostiary::accounts
