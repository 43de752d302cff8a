#pragma once

#include <functional>
#include <mutex>
#include <vector>

namespace ostiary::http {

/// The way back from other threads to an I/O thread. It stays when that thread is gone, and then takes what it is given
/// to nowhere. Not asio::post: that wakes the I/O thread while it holds the lock that this thread needs first, and who
/// loses the processor there keeps the thread waiting for as long as somebody else computes.
class Inbox {
 public:
  using Work = std::move_only_function<void()>;

  /// Throws std::system_error when there is no descriptor left.
  Inbox();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Makes the calling thread the one that `run` need not wake.
  void belongs_to_this_thread() const;

  /// Has the I/O thread do the work: at once where it calls itself, else in the order of arrival.
  void run(Work work);

  /// A descriptor that can be read, eight bytes, when there is work. The caller closes it. Throws std::system_error.
  int listen() const;

  std::vector<Work> take_all();

  /// Drops what waits, and what still comes.
  void close();

 private:
  /// Whether it is the first since somebody looked.
  bool put(Work work);
  void ring() const;

  const int bell_;
  std::mutex mutex_;
  std::vector<Work> waiting_;
  bool closed_ = false;
};

}  // namespace ostiary::http
