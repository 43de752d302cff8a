#include <gtest/gtest.h>

#include <set>

#include "base/encoding.hpp"
#include "base/id.hpp"
#include "base/refusal.hpp"
#include "base/secret.hpp"

namespace ostiary {
namespace {

using namespace std::chrono_literals;

class FixedClock final : public Clock {
 public:
  Time now() const override { return Time(1'700'000'000'123'456us); }
};

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

TEST(Encoding, Base64UrlAsInRfc4648) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [plain, encoded] : table) {
    EXPECT_EQ(to_base64url(as_bytes(plain)), encoded);
    ASSERT_TRUE(from_base64url(encoded));
    EXPECT_EQ(as_text(*from_base64url(encoded)), plain);
  }
  EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff}), "-_8");
}

TEST(Encoding, Base64UrlHasOneSpellingOnly) {
  for (const std::string_view text : {"Z", "Zh", "Zg==", "Zm9", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

TEST(Encoding, TimesBeforeAndAfterTheEpoch) {
  EXPECT_EQ(to_rfc3339(Time(0us)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(Time(-1us)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(Time(1'700'000'000'123'456us)), "2023-11-14T22:13:20.123456Z");
}

TEST(Uuid, TextThereAndBack) {
  const std::string text = "0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55";
  ASSERT_TRUE(parse_uuid(text));
  EXPECT_EQ(to_string(*parse_uuid(text)), text);
  EXPECT_EQ(to_string(*parse_uuid("0190B5E2-7D4B-7C3A-9F0E-2B8D3F6A1C55")), text);
  for (const std::string_view wrong : {"", "0190b5e27d4b7c3a9f0e2b8d3f6a1c55", "0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c5",
                                       "0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c5g", "{190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c5}",
                                       "0190b5e2_7d4b-7c3a-9f0e-2b8d3f6a1c55"}) {
    EXPECT_FALSE(parse_uuid(wrong)) << wrong;
  }
}

TEST(Uuid, VersionAndTimeStandWhereRfc9562PutsThem) {
  FixedClock clock;
  CountingRandom random;
  const std::string ordered = to_string(IdSource(clock, random, IdSource::Order::by_time).make_uuid());
  EXPECT_EQ(ordered.substr(0, 13), "018bcfe5-687b");
  EXPECT_EQ(ordered[14], '7');
  const std::string unordered = to_string(IdSource(clock, random, IdSource::Order::random).make_uuid());
  EXPECT_EQ(unordered[14], '4');
  EXPECT_NE(std::string("89ab").find(unordered[19]), std::string::npos);
}

TEST(Random, BelowStaysBelowAndReachesAll) {
  SystemRandom random;
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto value = random.below(6);
    ASSERT_LT(value, 6U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 6U);
}

TEST(Secret, ComparesByContentAndIsEmptyWhenMovedFrom) {
  Secret secret(std::string("correct horse battery staple"));
  EXPECT_TRUE(secret == Secret(std::string("correct horse battery staple")));
  EXPECT_FALSE(secret == Secret(std::string("correct horse battery stapl")));
  EXPECT_FALSE(secret == Secret(std::string("correct horse battery stapla")));
  const Secret moved = std::move(secret);
  EXPECT_TRUE(secret.empty());
  EXPECT_EQ(moved.reveal().size(), 28U);
}

TEST(Refusals, NamesStandInTheOrderOfTheEnum) {
  for (std::size_t i = 0; i < refusal_names.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(refusal_names[i].refusal), i) << refusal_names[i].name;
  }
}

}  // namespace
}  // namespace ostiary
