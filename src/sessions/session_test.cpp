// R0.7, R1.10, B4, B5: every verdict on a refresh token; R0.6, R4.4, B1: every verdict on a login.
#include "sessions/session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ostiary::sessions {
namespace {

using namespace std::chrono_literals;

constexpr Time now{std::chrono::days{20'000}};

struct Token {
  PresentedToken value{.session_expires_at = now + 240h, .idle_expires_at = now + 24h};
  Token ended() const {
    return with([](auto& token) { token.session_ended = true; });
  }
  Token consumed_at(Time time) const {
    return with([&](auto& token) { token.consumed_at = time; });
  }
  Token successor_used() const {
    return with([](auto& token) { token.successor_used = true; });
  }
  Token reissued_lately() const {
    return with([](auto& token) { token.recently_reissued_late = true; });
  }
  Token session_expires(Time time) const {
    return with([&](auto& token) { token.session_expires_at = time; });
  }
  Token idle_expires(Time time) const {
    return with([&](auto& token) { token.idle_expires_at = time; });
  }

 private:
  template <class Change>
  Token with(Change change) const {
    Token copy = *this;
    change(copy.value);
    return copy;
  }
};

struct RefreshRow {
  std::string_view name;
  std::optional<Token> token;
  RefreshVerdict verdict;
  bool same_device = true;
  bool honour_lost_reply = true;
};

const Token fresh;

const RefreshRow refresh_table[] = {
    {"no such token", std::nullopt, RefreshVerdict::unknown},
    {"a first use", fresh, RefreshVerdict::rotate},
    {"a first use from another device", fresh, RefreshVerdict::rotate, false},
    {"the session has ended", fresh.ended(), RefreshVerdict::ended},
    {"ended wins over a second use", fresh.ended().consumed_at(now - 1h).successor_used(), RefreshVerdict::ended},
    {"one tick before the session is too old", fresh.session_expires(now + 1us), RefreshVerdict::rotate},
    {"the moment the session is too old", fresh.session_expires(now), RefreshVerdict::too_old},
    {"one tick before it is idle", fresh.idle_expires(now + 1us), RefreshVerdict::rotate},
    {"the moment it is idle", fresh.idle_expires(now), RefreshVerdict::idle},
    {"too old wins over idle", fresh.session_expires(now).idle_expires(now), RefreshVerdict::too_old},
    {"at once again", fresh.consumed_at(now), RefreshVerdict::reissue},
    {"again, from another device", fresh.consumed_at(now), RefreshVerdict::reissue, false},
    {"again, the successor already used", fresh.consumed_at(now - 1s).successor_used(), RefreshVerdict::reissue},
    {"one tick before the grace ends", fresh.consumed_at(now - 10s + 1us).successor_used(), RefreshVerdict::reissue},
    {"the moment the grace ends", fresh.consumed_at(now - 10s).successor_used(), RefreshVerdict::stolen},
    {"B31 consumed a grace ahead of a clock set back", fresh.consumed_at(now + 10s).successor_used(),
     RefreshVerdict::reissue},
    {"B31 a tick further ahead", fresh.consumed_at(now + 10s + 1us).successor_used(), RefreshVerdict::stolen},
    {"the grace does not revive a session too old", fresh.consumed_at(now).session_expires(now),
     RefreshVerdict::too_old},
    {"a lost reply, days later", fresh.consumed_at(now - 48h), RefreshVerdict::reissue_late},
    {"the same from another device", fresh.consumed_at(now - 48h), RefreshVerdict::stolen, false},
    {"the same with its successor used", fresh.consumed_at(now - 48h).successor_used(), RefreshVerdict::stolen},
    {"a second lost reply in three generations", fresh.consumed_at(now - 48h).reissued_lately(),
     RefreshVerdict::stolen},
    {"a lost reply where none is honoured", fresh.consumed_at(now - 48h), RefreshVerdict::stolen, true, false},
    {"a lost reply does not revive an idle session", fresh.consumed_at(now - 48h).idle_expires(now - 1h),
     RefreshVerdict::idle},
    {"theft wins over too old", fresh.consumed_at(now - 48h).successor_used().session_expires(now),
     RefreshVerdict::stolen},
};

TEST(Refresh, VerdictsB4B5) {
  for (const auto& row : refresh_table) {
    SessionPolicy policy;
    policy.honour_lost_reply = row.honour_lost_reply;
    const auto token = row.token ? std::optional(row.token->value) : std::nullopt;
    EXPECT_EQ(judge_refresh(token, row.same_device, policy, now), row.verdict) << row.name;
  }
}

TEST(Refresh, EveryVerdictHasARow) {
  for (int verdict = 0; verdict <= static_cast<int>(RefreshVerdict::rotate); ++verdict) {
    EXPECT_TRUE(std::any_of(std::begin(refresh_table), std::end(refresh_table), [&](const auto& row) {
      return static_cast<int>(row.verdict) == verdict;
    })) << verdict;
  }
}

// A thief has a copy of all that the owner has, device included, and refreshes as often as the owner does: in each
// round both present the newest token they hold, in an order left to chance.
TEST(Refresh, AThiefInLockstepIsCaughtWithinTenRefreshesB4) {
  struct Row {
    std::optional<Time> consumed_at = std::nullopt;
    bool reissued = false;
  };
  std::mt19937 dice(1);
  for (int run = 0; run < 200; ++run) {
    std::vector<Row> chain(1);
    std::size_t held[2] = {0, 0};
    Time time = now;
    int refreshes = 0;
    bool caught = false;
    while (!caught && refreshes < 10) {
      const std::size_t first = dice() % 2;
      for (const std::size_t player : {first, 1 - first}) {
        if (caught) break;
        time += std::chrono::minutes(1 + dice() % 60);
        auto& mine = held[player];
        PresentedToken token{.session_expires_at = now + 2400h, .idle_expires_at = time + 24h};
        token.consumed_at = chain[mine].consumed_at;
        token.successor_used = mine + 1 < chain.size() && chain[mine + 1].consumed_at.has_value();
        for (std::size_t back = 1; back <= 3 && back <= chain.size(); ++back) {
          token.recently_reissued_late |= chain[chain.size() - back].reissued;
        }
        const auto verdict = judge_refresh(token, true, SessionPolicy{}, time);
        ++refreshes;
        if (verdict == RefreshVerdict::stolen) {
          caught = true;
        } else if (verdict == RefreshVerdict::rotate) {
          chain[mine].consumed_at = time;
          chain.emplace_back();
        } else {
          ASSERT_EQ(verdict, RefreshVerdict::reissue_late);
          chain[mine] = {time, true};
        }
        ++mine;
      }
    }
    EXPECT_TRUE(caught) << "run " << run;
  }
}

// The same two against the one row that storage keeps of a chain.
TEST(Refresh, AThiefInLockstepIsCaughtByTheChainsRowB4) {
  std::mt19937 dice(1);
  for (int run = 0; run < 200; ++run) {
    RefreshChain chain{.session_expires_at = now + 2400h, .generation = 1};
    std::int64_t held[2] = {1, 1};
    Time time = now;
    int refreshes = 0;
    bool caught = false;
    while (!caught && refreshes < 10) {
      const std::size_t first = dice() % 2;
      for (const std::size_t player : {first, 1 - first}) {
        if (caught) break;
        time += std::chrono::minutes(1 + dice() % 60);
        chain.expires_at = time + 24h;
        const auto verdict = judge_refresh(presented_token(chain, held[player]), true, SessionPolicy{}, time);
        ++refreshes;
        if (verdict == RefreshVerdict::stolen) {
          caught = true;
        } else if (verdict == RefreshVerdict::rotate) {
          ++chain.generation;
          chain.consumed_at = time;
        } else {
          ASSERT_EQ(verdict, RefreshVerdict::reissue_late);
          chain.consumed_at = time;
          chain.reissued_generation = held[player];
        }
        ++held[player];
      }
    }
    EXPECT_TRUE(caught) << "run " << run;
  }
}

TEST(Refresh, WhatAChainKnowsOfItsTokensB4B5) {
  struct Row {
    std::string_view name;
    RefreshChain chain;
    std::int64_t generation;
    RefreshVerdict verdict;
  };
  const auto chain = [](std::int64_t generation, std::optional<Time> consumed_at = std::nullopt,
                        std::optional<std::int64_t> reissued = std::nullopt, bool ended = false) {
    return RefreshChain{ended, now + 240h, now + 24h, generation, consumed_at, reissued};
  };
  RefreshChain idle = chain(2, now - 1s);
  idle.expires_at = now;
  const Row table[] = {
      {"its first token", chain(1), 1, RefreshVerdict::rotate},
      {"its current token", chain(7, now - 1h), 7, RefreshVerdict::rotate},
      {"the current token of an idle chain", idle, 2, RefreshVerdict::idle},
      {"the one before, of an idle chain", idle, 1, RefreshVerdict::idle},
      {"a token that it has not come to", chain(7, now - 1h), 8, RefreshVerdict::unknown},
      {"the one before, within the grace", chain(7, now - 1s), 6, RefreshVerdict::reissue},
      {"the one before, later", chain(7, now - 1h), 6, RefreshVerdict::reissue_late},
      // The grace is that of the one before the current alone (issue 11, 1.3).
      {"two generations back, used a moment ago, within the grace", chain(7, now), 5, RefreshVerdict::stolen},
      {"three generations back, within the grace", chain(7, now), 4, RefreshVerdict::stolen},
      {"the first one of many", chain(7, now - 1h), 1, RefreshVerdict::stolen},
      {"an older one of a chain that has ended", chain(7, now - 1h, std::nullopt, true), 1, RefreshVerdict::ended},
      {"the current one of a chain that has ended", chain(7, now - 1h, std::nullopt, true), 7, RefreshVerdict::ended},
      {"the one before, answered late already", chain(7, now - 1h, 6), 6, RefreshVerdict::stolen},
      {"it again, within its new grace", chain(7, now - 1s, 6), 6, RefreshVerdict::reissue},
      {"the one after that which was answered late", chain(8, now - 1h, 6), 7, RefreshVerdict::stolen},
      {"the third after it", chain(9, now - 1h, 6), 8, RefreshVerdict::reissue_late},
      {"a first use right after a late answer", chain(7, now - 1s, 6), 7, RefreshVerdict::rotate},
  };
  for (const auto& row : table) {
    const auto token = presented_token(row.chain, row.generation);
    EXPECT_EQ(judge_refresh(token, true, SessionPolicy{}, now), row.verdict) << row.name;
  }
}

TEST(Sessions, TheOldestMakeRoom) {
  const auto session = [](std::uint8_t number) {
    SessionId id;
    id.uuid.bytes[0] = number;
    return id;
  };
  const std::vector<OpenSession> open{{session(4), true}, {session(3), false}, {session(2), true}, {session(1), true}};
  struct Row {
    std::string_view name;
    std::int64_t most;
    std::vector<SessionId> surplus;
  };
  const Row table[] = {
      {"room for more", 5, {}},
      {"just enough room", 4, {}},
      {"one too many: the oldest", 3, {session(1)}},
      {"two too many", 2, {session(2), session(1)}},
      {"one session at a time", 1, {session(4), session(2), session(1)}},
  };
  for (const auto& row : table) {
    const auto room = make_room(open, row.most);
    EXPECT_EQ(room.surplus, row.surplus) << row.name;
    EXPECT_EQ(room.expired, std::vector{session(3)}) << row.name;
  }
  EXPECT_TRUE(make_room({}, 1).surplus.empty());
}

TEST(Login, VerdictsB1) {
  struct Row {
    std::string_view name;
    LoginFacts facts;
    LoginVerdict verdict;
  };
  const Row table[] = {
      {"nobody", {}, LoginVerdict::wrong_credentials},
      {"a wrong password", {false, true, false}, LoginVerdict::wrong_credentials},
      {"a wrong password of a disabled account", {false, false, false}, LoginVerdict::wrong_credentials},
      {"the right one of a pending registration", {false, false, true}, LoginVerdict::email_not_verified},
      {"the right one of a decoy", {false, true, true}, LoginVerdict::email_not_verified},
      {"the right one of a disabled account", {true, false, false}, LoginVerdict::account_disabled},
      {"of a disabled account and of a decoy", {true, false, true}, LoginVerdict::account_disabled},
      {"the right one", {true, true, false}, LoginVerdict::accepted},
      {"the right one of an account and of a decoy", {true, true, true}, LoginVerdict::accepted},
  };
  for (const auto& row : table) EXPECT_EQ(judge_login(row.facts), row.verdict) << row.name;
}

TEST(Words, ThereAndBack) {
  const std::vector<std::string> words{"pwd", "otp"};
  EXPECT_EQ(join_words(words), "pwd otp");
  EXPECT_EQ(split_words("pwd otp"), words);
  EXPECT_TRUE(split_words("").empty());
}

}  // namespace
}  // namespace ostiary::sessions
