#include "sessions/second_step.hpp"

#include <algorithm>

namespace ostiary::sessions {

bool must_have_factor(const SecondStepPolicy& policy, const std::vector<std::string>& roles) {
  switch (policy.required) {
    case MfaRequired::off: return false;
    case MfaRequired::roles: return std::ranges::find_first_of(roles, policy.required_roles) != roles.end();
    case MfaRequired::all: return true;
  }
  return true;
}

SecondStep judge_second_step(const SecondStepFacts& facts) {
  if (!facts.has_factor) return facts.must_have_factor ? SecondStep::enrol : SecondStep::none;
  const bool may_skip = facts.device_remembered && !facts.is_administrator;
  return may_skip ? SecondStep::none : SecondStep::verify;
}

}  // namespace ostiary::sessions
