#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace ostiary {

/// Does something time after time, on a thread of its own, from its beginning to its end.
class Periodically {
 public:
  /// `work` is done for the first time after one pause. It must not throw, and must not take what the thread that ends
  /// this holds: the end waits for it.
  Periodically(std::chrono::milliseconds pause, std::function<void()> work);

 private:
  std::jthread thread_;
};

}  // namespace ostiary
