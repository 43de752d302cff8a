#include "crypto/totp.hpp"

#include <gtest/gtest.h>

namespace ostiary::crypto {
namespace {

using namespace std::chrono_literals;
using Verdict = TotpMatch::Verdict;

const BytesView rfc_secret = as_bytes("12345678901234567890");

Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

// RFC 6238, appendix B: the last six of its eight digits.
TEST(Totp, TheVectorsOfRfc6238) {
  struct Row {
    std::int64_t seconds;
    std::string_view code;
  };
  const Row table[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                       {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& row : table) EXPECT_EQ(totp_code(rfc_secret, totp_step(at(row.seconds))), row.code) << row.seconds;
}

TEST(Totp, CodesOfOneStepEitherSideOnceB11B31) {
  const Time now = at(1'000'000'000);
  const std::int64_t current = totp_step(now);
  struct Row {
    std::string_view name;
    std::int64_t step;       ///< of the code
    std::int64_t last_step;  ///< the last one that was accepted
    Time now;
    Verdict verdict;
  };
  const Row table[] = {
      {"of this step", current, 0, now, Verdict::right},
      {"of the step before", current - 1, 0, now, Verdict::right},
      {"of the next step", current + 1, 0, now, Verdict::right},
      {"of two steps before", current - 2, 0, now, Verdict::wrong},
      {"of two steps to come", current + 2, 0, now, Verdict::wrong},
      {"a second time", current, current, now, Verdict::used},
      {"of the step before after this one's", current - 1, current, now, Verdict::used},
      {"of the next step after this one's", current + 1, current, now, Verdict::right},
      {"a second time, with the clock set back an hour", current, current, now - 1h, Verdict::wrong},
      {"of an hour ago, with the clock set back by it", current - 120, current, now - 1h, Verdict::used},
      {"the last moment of a step's grace", current - 1, 0, at(current * 30 + 29), Verdict::right},
      {"the first moment after it", current - 1, 0, at(current * 30 + 30), Verdict::wrong},
  };
  for (const auto& row : table) {
    const auto match = match_totp(rfc_secret, totp_code(rfc_secret, row.step), row.last_step, row.now);
    EXPECT_EQ(match.verdict, row.verdict) << row.name;
    if (row.verdict == Verdict::right) {
      EXPECT_EQ(match.step, row.step) << row.name;
    }
  }
  for (const std::string_view text : {"", "12345", "1234567", "abcdef"}) {
    EXPECT_EQ(match_totp(rfc_secret, text, 0, now).verdict, Verdict::wrong) << text;
  }
}

// RFC 4648, section 10, without the padding.
TEST(Totp, Base32) {
  EXPECT_EQ(to_base32(as_bytes("f")), "MY");
  EXPECT_EQ(to_base32(as_bytes("foob")), "MZXW6YQ");
  EXPECT_EQ(to_base32(as_bytes("foobar")), "MZXW6YTBOI");
  EXPECT_EQ(to_base32(rfc_secret).size(), 32U);
}

}  // namespace
}  // namespace ostiary::crypto
