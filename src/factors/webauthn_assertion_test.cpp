#include "factors/webauthn_assertion.hpp"

#include <gtest/gtest.h>

namespace ostiary::factors {
namespace {

TEST(WebAuthnAssertion, JudgesAssertions) {
  using enum AssertionVerdict;
  const AssertionFacts right{true, true, true, crypto::WebAuthnVerdict::accepted, true};
  const auto with = [&](auto change) {
    AssertionFacts facts = right;
    change(facts);
    return judge_assertion(facts);
  };
  EXPECT_EQ(judge_assertion(right), accepted);
  EXPECT_EQ(judge_assertion({}), unknown_challenge) << "which comes before everything else";
  EXPECT_EQ(with([](auto& facts) { facts.challenge_was_ours = false; }), unknown_challenge);
  EXPECT_EQ(with([](auto& facts) { facts.credential_is_known = false, facts.owner_is_expected = false; }),
            unknown_credential);
  EXPECT_EQ(with([](auto& facts) { facts.owner_is_expected = false; }), somebody_elses);
  EXPECT_EQ(with([](auto& facts) {
              facts.verdict = crypto::WebAuthnVerdict::sign_count_not_grown, facts.may_sign_in = false;
            }),
            wrong)
      << "a wrong assertion does not tell that the account is disabled";
  EXPECT_EQ(with([](auto& facts) { facts.may_sign_in = false; }), account_disabled);
}

}  // namespace
}  // namespace ostiary::factors
