#include "accounts/account_mail.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>

#include "accounts/statements.hpp"
#include "base/encoding.hpp"
#include "sessions/login.hpp"
#include "sessions/user_agent.hpp"

namespace ostiary::accounts {

namespace {

/// Such as "2026-11-29 14:05 UTC".
std::string minute_of(Time time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts)};
}

}  // namespace

Result<limits::Reservation> reserve_mail(const Deps& deps, const std::string& email_canonical, const Call& call) {
  auto& limits = deps.sessions.limits;
  const auto mailbox = sessions::mailbox_of(deps.sessions, email_canonical);
  auto buckets = limits.of_account(RateClass::MAIL, mailbox, call.address, std::nullopt);
  std::ranges::move(limits.of_address(RateClass::MAIL, call.address), std::back_inserter(buckets));
  const auto wait = limits.take(buckets, deps.sessions.clock.now());
  if (!wait) return limits::Reservation(limits, std::move(buckets));
  return refuse_for(Refusal::rate_limited, std::chrono::ceil<std::chrono::seconds>(*wait),
                    "Too many mails to this address or from this network.");
}

void order_mail(Transaction& tx, const Deps& deps, const delivery::MailOrder& mail, Time now) {
  delivery::order_mail(tx, deps.data_keys, deps.sessions.ids, now, mail);
  tx.after_commit(deps.wake_executor);
}

std::string link_with_token(const Deps& deps, std::string_view path, const Secret& token, std::string_view email) {
  std::string link = deps.public_url + std::string(path) + "#token=" + std::string(token.reveal());
  return email.empty() ? link : link + "&email=" + percent_encode(email);
}

void order_security_notice(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view kind,
                           Time now, const std::vector<std::pair<std::string, std::string>>& values) {
  const auto account = tx.optional(statements::find_account, user);
  if (!account || !account->email || !account->email_verified) return;
  // An operator's command has no device that the owner would know.
  const bool by_operator = std::holds_alternative<Operator>(call.caller);
  delivery::MailOrder mail{.owner = user,
                           .kind = kind,
                           .to = *account->email,
                           .locale = account->locale,
                           .values = {{"display_name", account->display_name},
                                      {"service_name", deps.service_name},
                                      {"link", deps.app_url},
                                      {"time", minute_of(now)},
                                      {"device_name", by_operator ? "" : sessions::device_name_of(call.user_agent)},
                                      {"address", by_operator ? "" : call.address},
                                      {"place", deps.sessions.place_of(call.address).value_or("")}},
                           .expires_at = now + notice_lifetime};
  mail.values.insert(mail.values.end(), values.begin(), values.end());
  order_mail(tx, deps, mail, now);
}

}  // namespace ostiary::accounts
