#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ostiary {

/// A bounded pool of threads for blocking work.
class Workers {
 public:
  /// Functions that each thread runs besides the queued work.
  struct Hooks {
    std::function<void()> on_start = [] {};
    std::function<void()> on_rest = [] {};  ///< after it was idle for 200 ms
  };

  Workers(int threads, std::size_t longest_queue, Hooks hooks);
  Workers(int threads, std::size_t longest_queue) : Workers(threads, longest_queue, Hooks{}) {}
  ~Workers();  ///< stops
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Queues `work`, which must not throw; false when the queue is full or the pool is stopping.
  bool post(std::function<void()> work);
  std::size_t waiting() const;
  int threads() const { return static_cast<int>(workers_.size()); }

  /// Finishes the queued work, then joins the threads.
  void stop();

 private:
  struct Worker {
    std::condition_variable wake;
    bool is_called = false;
    std::thread thread;
  };

  void serve(Worker& worker);
  /// Takes the next piece of work. Empty when the pool stops.
  std::function<void()> next(Worker& worker);

  const std::size_t longest_queue_;
  const Hooks hooks_;
  mutable std::mutex mutex_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<Worker> workers_;
  std::vector<Worker*> asleep_;  ///< a stack: the thread that worked last, with warm caches, is woken first
};

}  // namespace ostiary
