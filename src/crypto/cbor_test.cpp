#include "crypto/cbor.hpp"

#include <gtest/gtest.h>

#include "scaffolding/software_authenticator.hpp"

namespace ostiary::crypto {
namespace {

using testing::CborWriter;

std::optional<CborValue> parse(std::initializer_list<std::uint8_t> bytes) {
  static Bytes kept;
  kept.assign(bytes);
  return parse_cbor(kept);
}

TEST(Cbor, ReadsWhatWebAuthnUses) {
  const Bytes id{1, 2, 3};
  const Bytes bytes = CborWriter()
                          .map(4)
                          .number(1)
                          .number(-257)
                          .number(-2)
                          .bytes(id)
                          .text("x5c")
                          .array(1)
                          .text("ü")
                          .text("n")
                          .map(0)
                          .written();
  const auto value = parse_cbor(bytes);
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->find(1)->as<std::int64_t>(), -257);
  EXPECT_TRUE(std::ranges::equal(*value->find(-2)->as<BytesView>(), id));
  EXPECT_EQ(*value->find("x5c")->as<CborValue::Array>()->front().as<std::string_view>(), "ü");
  EXPECT_NE(value->find("n")->as<CborValue::Map>(), nullptr);
  EXPECT_EQ(value->find(2), nullptr);
  EXPECT_EQ(value->find("y"), nullptr);
  EXPECT_EQ(value->find(1)->find(1), nullptr) << "a number has no members";
}

TEST(Cbor, TakesOneValueAndLeavesTheRest) {
  const Bytes bytes{0xa0, 0x18, 0x2a, 0xff};
  BytesView rest = bytes;
  EXPECT_TRUE(take_cbor(rest));
  EXPECT_EQ(rest.size(), 3U);
  EXPECT_EQ(*take_cbor(rest)->as<std::int64_t>(), 42);
  EXPECT_EQ(rest.size(), 1U);
  EXPECT_FALSE(take_cbor(rest));
  EXPECT_EQ(rest.size(), 1U) << "what is refused is not taken";
  EXPECT_FALSE(parse_cbor(bytes)) << "something comes after the value";
}

TEST(Cbor, RefusesWhatAuthenticatorsDoNotSend) {
  EXPECT_FALSE(parse({})) << "nothing";
  EXPECT_FALSE(parse({0x9f, 0x01, 0xff})) << "an array of indefinite length";
  EXPECT_FALSE(parse({0xbf, 0xff})) << "a map of indefinite length";
  EXPECT_FALSE(parse({0x5f, 0x41, 0x01, 0xff})) << "bytes of indefinite length";
  EXPECT_FALSE(parse({0x7f, 0x61, 0x61, 0xff})) << "text of indefinite length";
  EXPECT_FALSE(parse({0xc0, 0x01})) << "a tag";
  EXPECT_FALSE(parse({0xff})) << "a break";
  EXPECT_FALSE(parse({0x1c})) << "a reserved head";
  EXPECT_FALSE(parse({0x61, 0xff})) << "text that is not UTF-8";
  EXPECT_FALSE(parse({0x42, 0x01})) << "fewer bytes than announced";
  EXPECT_FALSE(parse({0x82, 0x01})) << "fewer values than announced";
  EXPECT_FALSE(parse({0xa1, 0x01})) << "a key without a value";
  EXPECT_FALSE(parse({0xa2, 0x01, 0x01, 0x01, 0x02})) << "a number twice as a key";
  EXPECT_FALSE(parse({0xa2, 0x18, 0x01, 0x01, 0x01, 0x02})) << "and in another spelling";
  EXPECT_FALSE(parse({0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02})) << "a text twice as a key";
  EXPECT_FALSE(parse({0xa1, 0x41, 0x01, 0x01})) << "bytes as a key";
  EXPECT_FALSE(parse({0xa1, 0x81, 0x01, 0x01})) << "an array as a key";
  EXPECT_FALSE(parse({0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0})) << "2^63";
  EXPECT_FALSE(parse({0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0})) << "-1 - 2^63";
  EXPECT_FALSE(parse({0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})) << "2^64 - 1 values, of which none comes";
  EXPECT_FALSE(parse({0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})) << "and as many bytes";
  EXPECT_EQ(*parse({0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})->as<std::int64_t>(),
            std::numeric_limits<std::int64_t>::min());
}

TEST(Cbor, IsBounded) {
  const auto nested = [](std::size_t levels) { return Bytes(levels - 1, 0x81); };
  Bytes deep = nested(8);
  deep.push_back(0x01);
  EXPECT_TRUE(parse_cbor(deep));
  deep = nested(9);
  deep.push_back(0x01);
  EXPECT_FALSE(parse_cbor(deep)) << "nine levels";
  EXPECT_FALSE(parse_cbor(Bytes(100'000, 0x81)));
  const auto many = [](std::size_t values) {
    Bytes bytes = CborWriter().array(values - 1).written();
    bytes.insert(bytes.end(), values - 1, 0x01);
    return bytes;
  };
  EXPECT_TRUE(parse_cbor(many(1000)));
  EXPECT_FALSE(parse_cbor(many(1001)));
}

}  // namespace
}  // namespace ostiary::crypto
