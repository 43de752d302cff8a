#include "crypto/seal.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ostiary::crypto {
namespace {

class Seal : public ::testing::Test {
 protected:
  SystemRandom random;
  const Bytes key = Bytes(32, 9);
  const Bytes plaintext = to_bytes(as_bytes("ada@example.org"));
};

TEST_F(Seal, OpensUnderTheSameKeyAndContext) {
  const Bytes sealed = seal(key, plaintext, "email of 17", random);
  EXPECT_EQ(sealed.size(), 1 + 12 + plaintext.size() + 16);
  EXPECT_EQ(sealed[0], 1);
  EXPECT_EQ(open(key, sealed, "email of 17"), plaintext);
}

TEST_F(Seal, NothingAtAllIsSealedToo) {
  const Bytes sealed = seal(key, {}, "", random);
  EXPECT_EQ(open(key, sealed, ""), Bytes{});
  EXPECT_FALSE(open(key, sealed, "other"));
}

// B34: a ciphertext moved to another row does not open.
TEST_F(Seal, StaysClosedUnderAnotherContextOrKey) {
  const Bytes sealed = seal(key, plaintext, "email of 17", random);
  EXPECT_FALSE(open(key, sealed, "email of 18"));
  EXPECT_FALSE(open(key, sealed, "email of 1"));
  EXPECT_FALSE(open(Bytes(32, 8), sealed, "email of 17"));
}

TEST_F(Seal, EveryBitAndTheLengthCount) {
  const Bytes sealed = seal(key, plaintext, "context", random);
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    Bytes changed = sealed;
    changed[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
    EXPECT_FALSE(open(key, changed, "context")) << "bit " << i;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(open(key, BytesView(sealed).first(size), "context")) << size << " bytes";
  }
  Bytes longer = sealed;
  longer.push_back(0);
  EXPECT_FALSE(open(key, longer, "context"));
}

TEST_F(Seal, NoncesDoNotRepeat) {
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) {
    const Bytes sealed = seal(key, {}, "", random);
    seen.insert(Bytes(sealed.begin() + 1, sealed.begin() + 13));
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST_F(Seal, AKeyOfAnotherLengthIsAMistakeOfOurs) {
  EXPECT_THROW(seal(Bytes(16, 1), plaintext, "", random), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(open(Bytes(31, 1), Bytes{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                          16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29},
                                      "")),
               std::invalid_argument);
}

}  // namespace
}  // namespace ostiary::crypto
