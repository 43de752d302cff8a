#include "accounts/text_caps.hpp"

#include <algorithm>
#include <array>

namespace ostiary::accounts {

TextPolicy caps_for(TextPolicy policy, TextUse use) {
  if (use == TextUse::proof) {
    policy.per_prefix -= policy.per_prefix / 5;
    policy.per_day -= policy.per_day / 5;
  }
  return policy;
}

CapJudgment judge_caps(const ReachedCaps& reached, Time now) {
  CapJudgment judgment;
  const auto look = [&](const std::optional<Time>& oldest, CapVerdict verdict) {
    if (!oldest) return;
    if (judgment.verdict == CapVerdict::sent) judgment.verdict = verdict;
    const Duration left = std::min<Duration>(*oldest + text_window - now, text_window);
    judgment.wait = std::max(judgment.wait, std::chrono::ceil<std::chrono::seconds>(left));
  };
  look(reached.per_account, CapVerdict::account_capped);
  look(reached.per_number, CapVerdict::number_capped);
  look(reached.per_prefix, CapVerdict::prefix_capped);
  look(reached.per_day, CapVerdict::day_capped);
  return judgment;
}

std::string_view name_of(CapVerdict verdict) {
  static constexpr std::array<std::string_view, 5> names{"sms_per_account", "sms_per_number", "sms_per_prefix",
                                                         "sms_per_day", "sent"};
  return names.at(static_cast<std::size_t>(verdict));
}

}  // namespace ostiary::accounts
