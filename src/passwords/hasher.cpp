#include "passwords/hasher.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "base/encoding.hpp"

namespace ostiary::passwords {
namespace {

/// Measured as the one class under which hashing leaves the latency of everything else as it was. Where the system
/// forbids it, hashing works all the same.
void step_behind_everything_else() {
  const sched_param no_priority{};
  sched_setscheduler(0, SCHED_BATCH, &no_priority);
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 10);
}

}  // namespace

Hasher::Hasher(const crypto::PasswordParameters& parameters, int threads, Random& random)
    : parameters_(parameters),
      random_(random),
      nobody_(crypto::hash_password(Secret(to_hex(random.bytes(16))), parameters, random)) {
  threads_.reserve(static_cast<std::size_t>(std::max(threads, 1)));
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { serve(); });
}

Hasher::~Hasher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::string Hasher::hash(const Secret& password) {
  std::string result;
  run([&] { result = crypto::hash_password(password, parameters_, random_); });
  return result;
}

bool Hasher::verify(const Secret& password, std::string_view stored) {
  bool result = false;
  run([&] { result = crypto::verify_password(password, stored); });
  return result;
}

bool Hasher::verify_nobody(const Secret& password) {
  verify(password, nobody_);
  return false;
}

void Hasher::run(const std::function<void()>& work) {
  // Shared with the thread, which may still be inside the task when the caller has its answer.
  const auto task = std::make_shared<std::packaged_task<void()>>([&work] { work(); });
  std::future<void> done = task->get_future();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back([task] { (*task)(); });
  }
  wake_.notify_one();
  done.get();
}

void Hasher::serve() {
  step_behind_everything_else();
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace ostiary::passwords
