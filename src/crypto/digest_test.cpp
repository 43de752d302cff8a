#include "crypto/digest.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.hpp"

namespace ostiary::crypto {
namespace {

std::string repeated(std::size_t count, char byte) { return std::string(count, byte); }

std::string hmac_hex(std::string_view key, std::string_view message) {
  return to_hex(plain_hmac_sha256(as_bytes(key), as_bytes(message)));
}

TEST(Sha256, ExamplesOfFips180) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes(repeated(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(ShortHash, ExampleOfItsAuthors) {
  std::array<std::uint8_t, 16> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  const std::string message("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 15);
  EXPECT_EQ(short_hash(key, message), 0xa129ca6149be45e5U);
}

TEST(Sha256, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      const std::string message = "message " + std::to_string(i);
      const Digest expected = sha256(as_bytes(message));
      for (int round = 0; round < 2000; ++round) EXPECT_EQ(sha256(as_bytes(message)), expected);
    });
  }
  for (auto& thread : threads) thread.join();
}

// The fifth case of the RFC is of a shortened MAC.
TEST(HmacSha256, CasesOfRfc4231) {
  std::string counting;
  for (char byte = 1; byte <= 25; ++byte) counting += byte;
  EXPECT_EQ(hmac_hex(repeated(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_hex(repeated(20, '\xaa'), repeated(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hmac_hex(counting, repeated(50, '\xcd')),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(hmac_hex(repeated(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac_hex(repeated(131, '\xaa'),
                     "This is a test using a larger than block-size key and a larger than block-size data. The key "
                     "needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(HmacSha256, AnEmptyKeyIsNotTheOneBefore) {
  const std::string empty = hmac_hex("", "message");
  EXPECT_NE(hmac_hex("a key", "message"), empty);
  EXPECT_EQ(hmac_hex("", "message"), empty);
}

TEST(HmacSha256, PartsAreTakenWithTheirLengths) {
  const Bytes key(32, 7);
  using namespace std::string_literals;
  EXPECT_EQ(hmac_sha256(key, {as_bytes("ab"), as_bytes("c")}),
            plain_hmac_sha256(key, as_bytes("\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c"s)));
  EXPECT_NE(hmac_sha256(key, {as_bytes("ab"), as_bytes("c")}), hmac_sha256(key, {as_bytes("a"), as_bytes("bc")}));
  EXPECT_NE(hmac_sha256(key, {as_bytes("ab")}), hmac_sha256(key, {as_bytes("ab"), as_bytes("")}));
}

TEST(DeriveKey, TheCaseOfRfc5869WithoutSalt) {
  EXPECT_EQ(to_hex(derive_key(as_bytes(repeated(22, '\x0b')), "")),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(DeriveKey, EachPurposeHasItsOwn) {
  const Bytes master(32, 1);
  EXPECT_EQ(derive_key(master, "one").size(), 32U);
  EXPECT_EQ(derive_key(master, "one"), derive_key(master, "one"));
  EXPECT_NE(derive_key(master, "one"), derive_key(master, "two"));
}

TEST(EqualInConstantTime, ComparesContentAndLength) {
  EXPECT_TRUE(equal_in_constant_time(Bytes{}, Bytes{}));
  EXPECT_TRUE(equal_in_constant_time(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_FALSE(equal_in_constant_time(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(equal_in_constant_time(Bytes{1, 2}, Bytes{1, 2, 0}));
}

}  // namespace
}  // namespace ostiary::crypto
