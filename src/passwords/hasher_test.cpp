#include "passwords/hasher.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <memory>

namespace ostiary::passwords {
namespace {

using namespace std::string_literals;

constexpr crypto::PasswordParameters cheap{.memory_kib = 64, .passes = 1};

/// Sees on which thread it is asked, and fails when told to.
class ObservedRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    policy = sched_getscheduler(0);
    nice = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
    thread = std::this_thread::get_id();
    if (fails) throw std::runtime_error("no randomness today");
    for (auto& byte : bytes) byte = next++;
  }

  std::atomic<int> policy, nice;
  std::atomic<std::thread::id> thread;
  std::atomic<bool> fails = false;
  std::atomic<std::uint8_t> next = 0;
};

TEST(Hasher, HashesAndVerifies) {
  SystemRandom random;
  Hasher hasher(cheap, 2, random);
  EXPECT_EQ(hasher.threads(), 2);
  const std::string stored = hasher.hash(Secret("correct horse"s));
  EXPECT_TRUE(hasher.verify(Secret("correct horse"s), stored));
  EXPECT_FALSE(hasher.verify(Secret("correct horsf"s), stored));
}

TEST(Hasher, NobodyHasNoPassword) {
  SystemRandom random;
  Hasher hasher(cheap, 1, random);
  EXPECT_FALSE(hasher.verify_nobody(Secret("correct horse"s)));
  EXPECT_FALSE(hasher.verify_nobody(Secret()));
}

TEST(Hasher, WorksOnThreadsThatStepBehind) {
  ObservedRandom random;
  Hasher hasher(cheap, 1, random);
  hasher.hash(Secret("correct horse"s));
  EXPECT_NE(random.thread.load(), std::this_thread::get_id());
  EXPECT_EQ(random.policy, SCHED_BATCH);
  EXPECT_EQ(random.nice, 10);
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER) << "the caller's thread stays as it was";
}

TEST(Hasher, AnExceptionReachesTheCallerAndTheThreadGoesOn) {
  ObservedRandom random;
  Hasher hasher(cheap, 1, random);
  random.fails = true;
  EXPECT_THROW(hasher.hash(Secret("correct horse"s)), std::runtime_error);
  random.fails = false;
  EXPECT_TRUE(hasher.verify(Secret("correct horse"s), hasher.hash(Secret("correct horse"s))));
}

TEST(Hasher, ManyCallersShareFewThreads) {
  SystemRandom random;
  Hasher hasher(cheap, 2, random);
  std::atomic<int> right = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&, i] {
      const Secret password("password number " + std::to_string(i));
      if (hasher.verify(password, hasher.hash(password))) ++right;
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(right, 16);
}

TEST(Hasher, IdleThreadsEndWithIt) {
  SystemRandom random;
  for (int i = 0; i < 20; ++i) Hasher(cheap, 4, random);
  EXPECT_EQ(Hasher(cheap, 0, random).threads(), 1) << "at least one";
}

TEST(Hasher, BcryptTakesTheSameWay) {
  SystemRandom random;
  Hasher hasher({.algorithm = crypto::PasswordParameters::Algorithm::bcrypt, .bcrypt_cost = 4}, 1, random);
  EXPECT_TRUE(hasher.hash(Secret("correct horse"s)).starts_with("$2b$04$"));
  EXPECT_THROW(hasher.hash(Secret(std::string(73, 'a'))), std::invalid_argument);
  EXPECT_FALSE(hasher.verify_nobody(Secret(std::string(73, 'a'))));
}

}  // namespace
}  // namespace ostiary::passwords
