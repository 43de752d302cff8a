#include "limits/limits.hpp"

#include <gtest/gtest.h>

#include <set>

#include "ports/gcra.hpp"

namespace ostiary::limits {
namespace {

using namespace std::chrono_literals;

constexpr Time now = Time(std::chrono::days(20'000));

/// Buckets in a map, for a look inside.
class MapLimiter final : public RateLimiter {
 public:
  std::optional<Duration> take(std::span<const RateBucket> wanted, Time at) override {
    auto after = buckets;
    std::optional<Duration> wait;
    for (const auto& [key, rate] : wanted) {
      const auto verdict = gcra::take_one(after.try_emplace(key, at).first->second, rate, at);
      after[key] = verdict.full_at;
      if (verdict.wait) wait = std::max(wait.value_or(Duration(0)), *verdict.wait);
    }
    if (!wait) buckets = std::move(after);
    return wait;
  }
  void give_back(std::span<const RateBucket> taken) override {
    for (const auto& [key, rate] : taken) buckets.at(key) = gcra::put_one_back(buckets.at(key), rate);
  }
  int taken() const {
    return static_cast<int>(std::ranges::count_if(buckets, [](const auto& bucket) { return bucket.second > now; }));
  }
  std::map<std::string, Time> buckets;
};

std::string shown(const std::vector<Rate>& rates) {
  std::string text;
  for (const auto& rate : rates) {
    text += std::to_string(rate.count) + '/' + std::to_string(rate.period.count()) + "s burst " +
            std::to_string(rate.burst) + ' ';
  }
  return text;
}

// The table that the documentation shows.
TEST(Limits, AreThoseOfTheContract) {
  const auto table = contract_rates();
  const auto row = [&table](RateClass rate) {
    const auto& rates = table.at(rate);
    return shown(rates.per_identifier) + "| " + shown(rates.per_address) + "| " + shown(rates.per_pair) + "| " +
           shown(rates.per_session) + "| " + shown(rates.per_service) +
           (rates.refund_unless_wrong ? "| wrong ones only" : "|") +
           (rates.refund_address_unless_refused ? ", of the address refused ones only" : "");
  };
  EXPECT_EQ(row(UNLIMITED), "| | | | |");
  EXPECT_EQ(row(SIGN_IN), "20/3600s burst 10 | 120/60s burst 120 | 10/3600s burst 5 | | | wrong ones only");
  EXPECT_EQ(row(REGISTER), "| 60/3600s burst 20 | | | |");
  EXPECT_EQ(row(CODE), "| 60/3600s burst 20 | | | | wrong ones only, of the address refused ones only");
  EXPECT_EQ(row(MAIL), "5/3600s burst 5 10/86400s burst 10 | 60/3600s burst 20 | | | |");
  EXPECT_EQ(row(REFRESH), "| 50/1s burst 200 | | 2/1s burst 60 | |, of the address refused ones only");
  EXPECT_EQ(row(READ), "| 100/1s burst 400 | | 50/1s burst 200 | 500/1s burst 2000 |");
  EXPECT_EQ(row(WRITE), "| 100/1s burst 400 | | 50/1s burst 200 | 500/1s burst 2000 |");
  EXPECT_EQ(row(PROBE), "| 10/1s burst 100 | | | |");
  EXPECT_EQ(row(AUDITED), "60/3600s burst 30 | 100/1s burst 400 | | | 60/3600s burst 30 |");
}

constexpr SessionId session{{{1}}};
constexpr ServiceId service{{{1}}};
const Device device{.hash = {1}, .has_logged_in = true};

class TakenLimits : public testing::Test {
 protected:
  Buckets of_ada(RateClass rate, std::string_view address) const {
    return limits.of_account(rate, {"ada", false, "ada's mailbox"}, address, std::nullopt);
  }

  MapLimiter limiter;
  Limits limits{limiter, contract_rates(), true};
};

TEST_F(TakenLimits, TakeAllOrNone) {
  // Mail: 5 at once by the hour, 10 by the day.
  const auto mail = of_ada(MAIL, "192.0.2.1");
  for (int hour = 0; hour < 2; ++hour) {
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(limits.take(mail, now + hour * 1h));
    EXPECT_TRUE(limits.take(mail, now + hour * 1h));
  }
  const auto before = limiter.buckets;
  const auto wait = limits.take(mail, now + 2h);
  ASSERT_TRUE(wait) << "the day's are spent";
  EXPECT_EQ(*wait, 144min - 2h) << "one more each 144 minutes";
  EXPECT_EQ(limiter.buckets, before);
}

TEST_F(TakenLimits, TakeNothingOfTheAccountsWhereThePairHasNone) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limits.take(of_ada(SIGN_IN, "192.0.2.1"), now));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limits.take(of_ada(SIGN_IN, "192.0.2.1"), now));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limits.take(of_ada(SIGN_IN, "192.0.2.2"), now)) << i;
  EXPECT_TRUE(limits.take(of_ada(SIGN_IN, "192.0.2.3"), now));
}

TEST_F(TakenLimits, GiveBackEverythingThatWasTaken) {
  Buckets taken = limits.of_address(SIGN_IN, "192.0.2.1");
  for (const auto& buckets : {of_ada(SIGN_IN, "192.0.2.1"), limits.of_session(READ, session)}) {
    taken.insert(taken.end(), buckets.begin(), buckets.end());
  }
  EXPECT_EQ(taken.size(), 4u);
  EXPECT_FALSE(limits.take(taken, now));
  EXPECT_EQ(limiter.taken(), 4);
  limits.give_back(taken);
  EXPECT_EQ(limiter.taken(), 0);
}

TEST_F(TakenLimits, KeepApartWhatIsApart) {
  Buckets all;
  const auto add = [&all](const Buckets& some) { all.insert(all.end(), some.begin(), some.end()); };
  add(limits.of_address(READ, "192.0.2.1"));
  add(limits.of_address(WRITE, "192.0.2.1"));
  add(limits.of_session(READ, session));
  add(limits.of_caller(READ, Service{service, {}}));
  add(of_ada(SIGN_IN, "192.0.2.1"));
  add(limits.of_account(SIGN_IN, {"ada", true}, "192.0.2.1", device));
  add(limits.of_account(SIGN_IN, {"eve", true}, "192.0.2.1", device));
  std::set<std::string> keys;
  for (const auto& [key, rate] : all) keys.insert(key);
  EXPECT_EQ(keys.size(), 8u) << "one each, but two of the account that a stranger asks for";
}

TEST_F(TakenLimits, CountMailsForTheMailboxWhoeverAsks) {
  const auto keys = [this](const Identity& identity) {
    std::string all;
    for (const auto& [key, rate] : limits.of_account(MAIL, identity, "192.0.2.1", device)) all += key + ' ';
    return all;
  };
  EXPECT_EQ(keys({"", false, "a mailbox"}), keys({"ada", true, "a mailbox"}));
  EXPECT_NE(keys({"ada", false, "a mailbox"}), keys({"ada", false, "another"}));
}

TEST_F(TakenLimits, KnowWhoPaysForACaller) {
  const auto keys_of = [this](const Caller& caller) {
    std::string keys;
    for (const auto& [key, rate] : limits.of_caller(READ, caller)) keys += key;
    return keys;
  };
  Person person{};
  person.session_id = session;
  EXPECT_EQ(keys_of(person), limits.of_session(READ, session).front().key);
  EXPECT_NE(keys_of(Service{service, {}}), keys_of(Service{ServiceId{{{2}}}, {}}));
  const HalfPerson half{UserId{{{1}}}};
  EXPECT_NE(keys_of(half), "");
  EXPECT_NE(keys_of(half), keys_of(person)) << "the same bytes name another";
  EXPECT_NE(keys_of(half), keys_of(HalfPerson{UserId{{{2}}}}));
  EXPECT_TRUE(limits.of_caller(CODE, half).empty());
  EXPECT_EQ(keys_of(Nobody{}), "");
  EXPECT_EQ(keys_of(Operator{}), "");
  EXPECT_TRUE(limits.of_caller(CODE, person).empty()) << "the class has no budget for sessions";
}

TEST_F(TakenLimits, CountForTheAccountWhicheverSessionCalls) {
  Person person{};
  person.session_id = session;
  Person elsewhere = person;
  elsewhere.session_id = SessionId{{{2}}};
  Person somebody_else = person;
  somebody_else.user_id = UserId{{{2}}};
  for (int i = 0; i < 15; ++i) {
    EXPECT_FALSE(limits.take(limits.of_caller(AUDITED, person), now));
    EXPECT_FALSE(limits.take(limits.of_caller(AUDITED, elsewhere), now));
  }
  EXPECT_TRUE(limits.take(limits.of_caller(AUDITED, person), now));
  EXPECT_TRUE(limits.take(limits.of_caller(AUDITED, HalfPerson{person.user_id}), now));
  EXPECT_FALSE(limits.take(limits.of_caller(AUDITED, somebody_else), now));
  EXPECT_FALSE(limits.take(limits.of_caller(READ, person), now));
}

TEST_F(TakenLimits, LetEverythingThroughWhenTheyAreOff) {
  Limits off(limiter, contract_rates(), false);
  EXPECT_TRUE(off.of_address(REGISTER, "192.0.2.1").empty());
  EXPECT_TRUE(off.of_account(SIGN_IN, {"ada"}, "192.0.2.1", std::nullopt).empty());
  EXPECT_TRUE(off.of_session(READ, session).empty());
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(off.take({}, now));
}

TEST_F(TakenLimits, AReservationIsGivenBackUnlessItIsKept) {
  const auto mail = of_ada(MAIL, "192.0.2.1");
  const auto reserved = [&] {
    EXPECT_FALSE(limits.take(mail, now));
    return Reservation(limits, mail);
  };
  {
    const auto refused = reserved();
  }
  EXPECT_EQ(limiter.taken(), 0);
  EXPECT_THROW(
      {
        const auto failed = reserved();
        throw std::runtime_error("the storage is away");
      },
      std::runtime_error);
  EXPECT_EQ(limiter.taken(), 0);
  {
    auto moved = reserved();
    auto sent = std::move(moved);
    sent.keep();
  }
  EXPECT_EQ(limiter.taken(), 2);
}

}  // namespace
}  // namespace ostiary::limits
