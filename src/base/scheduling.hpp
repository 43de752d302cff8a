#pragma once

namespace ostiary {

/// Asks the kernel to let this thread, and those that it starts, run soon after they wake up: what they do is short,
/// and somebody waits for it. Linux 6.12 and newer; others need not be asked. Where it is refused, all works the same.
void run_soon_after_waking();

/// Has this thread, whose work takes longer than passing something on, wait while others do that: nice 5 and the
/// kernel's own slice. Once lower, it can't rise again without privileges.
void give_way_to_short_work();

/// Has this thread work on what is long when nobody else has anything to do: SCHED_BATCH, nice 10. Measured to be the
/// class under which hashing leaves the latency of everything else as it was without starving on a busy machine.
void step_behind_everything_else();

}  // namespace ostiary
