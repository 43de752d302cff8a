#include "base/periodically.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace ostiary {

Periodically::Periodically(std::chrono::milliseconds pause, std::function<void()> work)
    : thread_([pause, work = std::move(work)](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        while (!stopped.wait_for(lock, stop, pause, [&stop] { return stop.stop_requested(); })) work();
      }) {}

}  // namespace ostiary
