#include "base/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>
#include <vector>

namespace ostiary {
namespace {

TEST(Workers, TakeNoMoreThanTheirQueueHolds) {
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  std::promise<void> started;
  std::atomic<int> done = 0;
  {
    Workers workers(1, 2);
    ASSERT_TRUE(workers.post([&] {
      started.set_value();
      opened.wait();
      ++done;
    }));
    started.get_future().wait();
    EXPECT_TRUE(workers.post([&] { ++done; }));
    EXPECT_TRUE(workers.post([&] { ++done; }));
    EXPECT_EQ(workers.waiting(), 2u);
    EXPECT_FALSE(workers.post([&] { ++done; }));
    gate.set_value();
  }
  EXPECT_EQ(done, 3) << "what was queued is finished before they go";
}

TEST(Workers, WorkBesideEachOther) {
  std::promise<void> first, second;
  Workers workers(2, 10);
  std::promise<void> both;
  workers.post([&] {
    first.set_value();
    second.get_future().wait();
    both.set_value();
  });
  workers.post([&] {
    first.get_future().wait();
    second.set_value();
  });
  EXPECT_EQ(both.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

// One that was called must not sleep on, whoever else works, posts or falls asleep at that moment.
TEST(Workers, LeaveNothingLying) {
  constexpr int posters = 4, rounds = 500, at_once = 5;
  Workers workers(3, posters * at_once);
  std::vector<std::jthread> threads;
  for (int i = 0; i < posters; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        std::latch done(at_once);
        for (int work = 0; work < at_once; ++work) ASSERT_TRUE(workers.post([&] { done.count_down(); }));
        done.wait();
      }
    });
  }
}

TEST(Workers, AreToldWhenTheyRest) {
  std::promise<void> rests;
  std::atomic<int> times = 0;
  Workers workers(1, 10, {.on_rest = [&] {
                    if (++times == 1) rests.set_value();
                  }});
  EXPECT_EQ(rests.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  std::promise<void> worked;
  workers.post([&] { worked.set_value(); });
  EXPECT_EQ(worked.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(times, 1) << "once, not each second";
}

}  // namespace
}  // namespace ostiary
