#include "factors/fresh_login.hpp"

namespace ostiary::factors {

FreshLoginVerdict judge_fresh_login(const FreshLoginFacts& facts) {
  if (!facts.has_password && !facts.has_factor) return FreshLoginVerdict::impossible;
  if (facts.has_password && !facts.password_given) return FreshLoginVerdict::password_needed;
  if (facts.has_factor && !facts.factor_given) return FreshLoginVerdict::factor_needed;
  return FreshLoginVerdict::complete;
}

}  // namespace ostiary::factors
