#include "door/remembered_replies.hpp"

#include <algorithm>

namespace ostiary::door {
namespace {

std::unexpected<Refused> rate_limited(Duration wait) {
  return refuse_for(Refusal::rate_limited, std::chrono::ceil<std::chrono::seconds>(wait), "Too many calls.");
}

}  // namespace

RememberedReplies::RememberedReplies(const contract::Contract& contract,
                                     const std::map<std::string, FindRememberedReply>& find, limits::Limits& limits,
                                     const Clock& clock, Metrics* metrics)
    : limits_(limits), clock_(clock), metrics_(metrics) {
  for (const contract::Method& method : contract.methods()) {
    if (const auto found = find.find(method.full_name); found != find.end()) find_.emplace(&method, found->second);
  }
}

std::optional<Result<RememberedReply>> RememberedReplies::answer(const contract::Method& method,
                                                                 const Secret& access_token) const {
  const auto known = find_.find(&method);
  if (known == find_.end()) return std::nullopt;
  const auto began = std::chrono::steady_clock::now();
  auto answer = find(method, known->second, access_token);
  if (answer && metrics_) {
    const auto why = *answer ? std::nullopt : std::optional(answer->error().why);
    metrics_->answered(method, why, std::chrono::steady_clock::now() - began);
  }
  return answer;
}

RememberedReplies::Answer RememberedReplies::find(const contract::Method& method, const FindRememberedReply& find,
                                                  const Secret& access_token) const {
  const Time now = clock_.now();
  auto reply = find(access_token, now);
  if (!reply) return std::nullopt;
  const auto wait = limits_.take(limits_.of_session(method.policy.rate(), reply->session), now);
  if (!wait) return *std::move(reply);
  return rate_limited(*wait);
}

}  // namespace ostiary::door
