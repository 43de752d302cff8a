#include "base/scheduling.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <thread>

namespace ostiary {
namespace {

/// The kernel's sched_attr in its first version, whose own header can't stand beside <sched.h>.
struct Schedule {
  std::uint32_t size, policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t slice_ns, deadline, period;
};

Schedule schedule_of_this_thread() {
  Schedule attributes{};
  syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0);
  return attributes;
}

TEST(Scheduling, SoonAfterWakingKeepsClassAndNiceAndIsInherited) {
  std::thread([] {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 3);
    const auto before = schedule_of_this_thread();
    run_soon_after_waking();
    std::thread([before] {
      const auto after = schedule_of_this_thread();
      EXPECT_EQ(after.policy, unsigned{SCHED_OTHER});
      EXPECT_EQ(after.nice, 3);
      const bool kernel_tells_slices = before.slice_ns != 0;
      EXPECT_EQ(after.slice_ns, kernel_tells_slices ? 100'000u : 0u);
    }).join();
  }).join();
}

struct LowerCase {
  void (*step)();
  unsigned policy;
  int nice;
};

class SchedulingLower : public ::testing::TestWithParam<LowerCase> {};

TEST_P(SchedulingLower, HasTheOrdinarySlice) {
  const auto& expected = GetParam();
  std::thread([&] {
    const auto before = schedule_of_this_thread();
    run_soon_after_waking();
    expected.step();
    const auto after = schedule_of_this_thread();
    EXPECT_EQ(after.policy, expected.policy);
    EXPECT_EQ(after.nice, std::max(before.nice, expected.nice));
    EXPECT_EQ(after.slice_ns, before.slice_ns);
  }).join();
}

TEST_P(SchedulingLower, NeverRaisesWhoIsLowerAlready) {
  std::thread([&] {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 17);
    GetParam().step();
    EXPECT_EQ(schedule_of_this_thread().nice, 17);
  }).join();
}

INSTANTIATE_TEST_SUITE_P(Classes, SchedulingLower,
                         ::testing::Values(LowerCase{give_way_to_short_work, SCHED_OTHER, 5},
                                           LowerCase{step_behind_everything_else, SCHED_BATCH, 10}));

}  // namespace
}  // namespace ostiary
