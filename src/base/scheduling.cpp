#include "base/scheduling.hpp"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace ostiary {
namespace {

constexpr std::uint64_t shortest_slice_ns = 100'000;

/// The C library has no function for this call. A slice of 0 is the kernel's own.
void schedule_this_thread(std::uint32_t policy, int nice, std::uint64_t slice_ns) {
  sched_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.sched_policy = policy;
  attributes.sched_nice = nice;
  attributes.sched_runtime = slice_ns;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

int nice_of_this_thread() { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); }

}  // namespace

void run_soon_after_waking() { schedule_this_thread(SCHED_NORMAL, nice_of_this_thread(), shortest_slice_ns); }

void give_way_to_short_work() { schedule_this_thread(SCHED_NORMAL, std::max(nice_of_this_thread(), 5), 0); }

void step_behind_everything_else() { schedule_this_thread(SCHED_BATCH, std::max(nice_of_this_thread(), 10), 0); }

}  // namespace ostiary
