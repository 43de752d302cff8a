#include "contract/refusals.hpp"

#include <grpcpp/support/status_code_enum.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace ostiary::contract {
namespace {

TEST(Refusals, EachHasOneStatusOnEachTransport) {
  std::set<std::string_view> titles;
  for (const auto& [refusal, name] : refusal_names) {
    const auto& status = status_of(refusal);
    EXPECT_EQ(status.refusal, refusal);
    EXPECT_GE(status.http, 400) << name;
    EXPECT_LE(status.http, 599) << name;
    EXPECT_GT(status.grpc, grpc::OK) << name;
    EXPECT_LE(status.grpc, grpc::UNAUTHENTICATED) << name;
    EXPECT_TRUE(titles.insert(status.title).second) << name << " has another one's title";
  }
}

TEST(Refusals, MeanTheSameOnBothTransports) {
  const std::map<int, int> grpc_of_http{
      {401, grpc::UNAUTHENTICATED},    {404, grpc::NOT_FOUND}, {409, grpc::ALREADY_EXISTS},
      {429, grpc::RESOURCE_EXHAUSTED}, {500, grpc::INTERNAL},  {503, grpc::UNAVAILABLE},
      {504, grpc::DEADLINE_EXCEEDED},
  };
  for (const auto& [refusal, name] : refusal_names) {
    const auto same = grpc_of_http.find(status_of(refusal).http);
    if (same == grpc_of_http.end()) continue;
    // A conflict, too, but with what is missing.
    if (refusal == Refusal::factor_missing) {
      EXPECT_EQ(status_of(refusal).grpc, grpc::FAILED_PRECONDITION);
      continue;
    }
    EXPECT_EQ(status_of(refusal).grpc, same->second) << name;
  }
}

TEST(Refusals, CostNothingWhereTheFaultIsOurs) {
  for (const auto& [refusal, name] : refusal_names) {
    const bool is_ours = status_of(refusal).http >= 500 && refusal != Refusal::unknown_method;  // 501, RFC 9110
    EXPECT_EQ(status_of(refusal).cost == RefusalCost::nothing, is_ours) << name;
  }
}

// A registration's right password, too: it was tried at the account first.
TEST(Refusals, AreAGuessWhereASecretWasWrongOrTheAccountCantBeUsed) {
  const std::set<Refusal> guesses{Refusal::wrong_credentials, Refusal::wrong_code, Refusal::wrong_assertion,
                                  Refusal::account_disabled, Refusal::email_not_verified};
  for (const auto& [refusal, name] : refusal_names) {
    const bool guess = guesses.contains(refusal);
    EXPECT_EQ(status_of(refusal).cost == RefusalCost::guess, guess) << name;
  }
}

}  // namespace
}  // namespace ostiary::contract
