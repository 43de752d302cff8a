#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ostiary::server {

/// A bounded pool of threads for blocking work.
class Workers {
 public:
  Workers(int threads, std::size_t longest_queue);
  ~Workers();  ///< stops
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Queues `work`, which must not throw; false when the queue is full or the pool is stopping.
  bool post(std::function<void()> work);
  std::size_t waiting() const;

  /// Finishes what is queued, then joins.
  void stop();

 private:
  void serve();

  const std::size_t longest_queue_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ostiary::server
