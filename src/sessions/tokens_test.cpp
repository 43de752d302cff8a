// R1.10, B4: what makes a refresh token one of ours.
#include "sessions/tokens.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/encoding.hpp"

namespace ostiary::sessions {
namespace {

const Bytes key(32, 'k');

ChainId chain_of(std::uint8_t number) {
  ChainId chain;
  chain.uuid.bytes.fill(number);
  return chain;
}

TEST(RefreshToken, ThereAndBack) {
  for (const std::int64_t generation : {std::int64_t{1}, std::int64_t{256}, std::numeric_limits<std::int64_t>::max()}) {
    const auto text = make_refresh_token(chain_of(7), generation, key);
    EXPECT_EQ(text.size(), 64U);
    const auto token = parse_refresh_token(text);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->chain, chain_of(7));
    EXPECT_EQ(token->generation, generation);
    EXPECT_EQ(token->hash, refresh_token_hash(text));
    EXPECT_TRUE(is_signed(*token, key));
  }
}

TEST(RefreshToken, OneForEachChainGenerationAndKey) {
  const Bytes other_key(32, 'o');
  std::set<std::string> tokens;
  for (const auto& under : {key, other_key}) {
    for (const std::uint8_t chain : {1, 2}) {
      for (const std::int64_t generation : {1, 2}) {
        const auto text = make_refresh_token(chain_of(chain), generation, under);
        EXPECT_EQ(make_refresh_token(chain_of(chain), generation, under), text) << "twice the same";
        EXPECT_EQ(is_signed(*parse_refresh_token(text), key), under == key);
        tokens.insert(text);
      }
    }
  }
  EXPECT_EQ(tokens.size(), 8U);
}

TEST(RefreshToken, NoBitCanBeChanged) {
  const auto bytes = *from_base64url(make_refresh_token(chain_of(7), 3, key));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto token = parse_refresh_token(to_base64url(changed));
    EXPECT_TRUE(!token || !is_signed(*token, key)) << bit;
  }
}

TEST(RefreshToken, OtherTextsAreNone) {
  const auto good = make_refresh_token(chain_of(7), 3, key);
  for (const auto& text : {std::string(), std::string("x"), good.substr(1), good + "A", good.substr(0, 63) + "=",
                           std::string(43, 'A'), to_base64url(Bytes(48))}) {
    EXPECT_FALSE(parse_refresh_token(text)) << text;
  }
}

}  // namespace
}  // namespace ostiary::sessions
