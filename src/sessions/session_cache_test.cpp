// D3, D14: what is remembered of sessions, and for how long.
#include "sessions/session_cache.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace ostiary::sessions {
namespace {

using namespace std::chrono_literals;

constexpr Time start{std::chrono::days{20'000}};

class TestInvalidation final : public Invalidation {
 public:
  void publish(Transaction&, UserId user) override { listener.forget_user(user); }
  void publish_all(Transaction&) override { listener.forget_all(); }
  bool in_force() const override { return force; }
  void listen(Listener chosen) override { listener = std::move(chosen); }

  Listener listener;
  bool force = true;
};

/// Spread over the shards as the digests of tokens are.
Digest digest(std::uint32_t number) {
  Digest digest{};
  digest[0] = static_cast<std::uint8_t>(number);
  std::memcpy(digest.data() + 1, &number, sizeof number);
  return digest;
}

class SessionCacheTest : public testing::Test {
 protected:
  /// Remembers the sessions `from` to `to` at `now`, of which the tokens expire after `lifetime`.
  void remember(std::uint32_t from, std::uint32_t to, Time now, Duration lifetime = 15min) {
    for (std::uint32_t number = from; number < to; ++number) {
      LiveSession session{{}, {}, now + lifetime};
      session.caller.user_id = user;
      session.caller.token_hash = digest(number);
      session.reply.mutable_user()->set_email("ada@example.org");
      cache.put(cache.ticket(user), session, now);
    }
  }

  /// How many of the sessions `from` to `to` are known at `now`.
  std::size_t known(std::uint32_t from, std::uint32_t to, Time now) const {
    std::size_t count = 0;
    for (std::uint32_t number = from; number < to; ++number) count += cache.find(digest(number), now) ? 1 : 0;
    return count;
  }

  static constexpr std::size_t capacity = 16'000;
  const UserId user{{{1}}};
  TestInvalidation invalidation;
  int rendered = 0;
  SessionCache cache{invalidation,
                     [this](const v1::CheckSessionReply& reply) {
                       ++rendered;
                       return "{\"email\": \"" + reply.user().email() + "\"}";
                     },
                     capacity};
};

TEST_F(SessionCacheTest, KeepsTheReplyAsEachTransportSendsIt) {
  remember(0, 1, start);
  const auto found = cache.find(digest(0), start + 15min - 1us);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->json, R"({"email": "ada@example.org"})");
  v1::CheckSessionReply reply;
  ASSERT_TRUE(reply.ParseFromString(found->protobuf));
  EXPECT_EQ(reply.user().email(), "ada@example.org");
  EXPECT_EQ(found->caller.user_id, user);
  EXPECT_FALSE(cache.find(digest(0), start + 15min));
  EXPECT_FALSE(cache.find(digest(1), start));
}

// D14: the memory follows the sessions in use.
TEST_F(SessionCacheTest, ForgetsWhatIsPastItsTimeAsOthersCome) {
  remember(0, 8'000, start);
  EXPECT_EQ(cache.size(), 8'000U);
  remember(8'000, 9'000, start + 15min);
  EXPECT_EQ(cache.size(), 1'000U);
  EXPECT_EQ(known(8'000, 9'000, start + 15min), 1'000U);
}

TEST_F(SessionCacheTest, ForgetsWhatWasRevokedAsOthersCome) {
  remember(0, 8'000, start);
  invalidation.listener.forget_all();
  EXPECT_EQ(known(0, 8'000, start), 0U);
  remember(8'000, 9'000, start);
  EXPECT_EQ(cache.size(), 1'000U);
}

TEST_F(SessionCacheTest, OneThatLivesLongerHoldsUpTheOthersNoLongerThanItLives) {
  remember(0, 16, start, 15min);
  remember(16, 8'000, start + 1min, 1min);
  remember(8'000, 9'000, start + 14min);
  EXPECT_EQ(cache.size(), 9'000U);
  remember(9'000, 10'000, start + 15min);
  EXPECT_EQ(cache.size(), 2'000U);
}

TEST_F(SessionCacheTest, AFullOneLosesTheOldestOnly) {
  remember(0, capacity, start);
  EXPECT_EQ(cache.size(), capacity);
  remember(capacity, capacity + 1'000, start + 1min);
  EXPECT_EQ(cache.size(), capacity);
  EXPECT_EQ(known(0, 1'000, start + 1min), 0U);
  EXPECT_EQ(known(1'000, capacity + 1'000, start + 1min), capacity);
}

TEST_F(SessionCacheTest, OneReadAnewIsCountedOnce) {
  for (int i = 0; i < 3; ++i) remember(0, 1'000, start);
  EXPECT_EQ(cache.size(), 1'000U);
  remember(1'000, 2'000, start + 15min);
  EXPECT_EQ(cache.size(), 1'000U);
}

// D3: on an engine without a channel nothing may be used, so nothing is kept nor made ready.
TEST_F(SessionCacheTest, KeepsNothingWhileTheChannelIsNotInForce) {
  invalidation.force = false;
  remember(0, 100, start);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(rendered, 0);
}

TEST_F(SessionCacheTest, AFillThatBeganBeforeARevocationIsNotKept) {
  const auto ticket = cache.ticket(user);
  invalidation.listener.forget_user(user);
  LiveSession session{{}, {}, start + 15min};
  session.caller.user_id = user;
  cache.put(ticket, session, start);
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(SessionCacheTest, WhatConcernsEverybodyEndsWhatIsRememberedOfAll) {
  remember(0, 10, start);
  const auto ticket = cache.ticket(user);
  invalidation.listener.forget_all();
  EXPECT_EQ(known(0, 10, start), 0U);
  LiveSession session{{}, {}, start + 15min};
  session.caller.user_id = user;
  cache.put(ticket, session, start);
  EXPECT_EQ(known(0, 1, start), 0U) << "it was read before";
}

}  // namespace
}  // namespace ostiary::sessions
