#pragma once

namespace ostiary {

/// Asks the kernel for a short time slice for this thread and the threads that it starts, so that they run soon after
/// they wake up. For short work that somebody waits for. Needs Linux 6.12; has no effect elsewhere or if it is refused.
void run_soon_after_waking();

/// Gives this thread a lower priority than threads with short work: nice 5 and the default time slice. Raising the
/// priority again needs privileges.
void give_way_to_short_work();

/// Gives this thread the lowest priority, for long computations: SCHED_BATCH, nice 10. Measurements show that hashing
/// in this class does not raise the latency of other work and does not starve on a busy machine.
void step_behind_everything_else();

}  // namespace ostiary
