#pragma once

#include <functional>
#include <mutex>
#include <vector>

namespace ostiary::http {

/// Passes work from other threads to an I/O thread. It may outlive that thread and then drops the work. It is used
/// instead of asio::post, which wakes the I/O thread while holding the lock that this thread needs first: a caller that
/// is preempted there blocks the I/O thread.
class Inbox {
 public:
  using Work = std::move_only_function<void()>;

  /// Throws std::system_error if there is no free descriptor.
  Inbox();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Makes the calling thread the I/O thread, which `run` need not wake.
  void belongs_to_this_thread() const;

  /// Runs the work on the I/O thread: at once if it is the caller, otherwise in order of arrival.
  void run(Work work);

  /// A descriptor, readable (eight bytes) when there is work. The caller closes it. Throws std::system_error.
  int listen() const;

  std::vector<Work> take_all();

  /// Drops waiting and later work.
  void close();

 private:
  /// Returns whether it is the first since the last look.
  bool put(Work work);
  void ring() const;

  const int bell_;
  std::mutex mutex_;
  std::vector<Work> waiting_;
  bool closed_ = false;
};

}  // namespace ostiary::http
