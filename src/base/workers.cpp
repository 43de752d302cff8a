#include "base/workers.hpp"

#include <chrono>

namespace ostiary {
namespace {

constexpr auto before_rest = std::chrono::milliseconds(200);

}  // namespace

Workers::Workers(int threads, std::size_t longest_queue, Hooks hooks)
    : longest_queue_(longest_queue), hooks_(std::move(hooks)), workers_(static_cast<std::size_t>(threads)) {
  for (Worker& worker : workers_) worker.thread = std::thread([this, &worker] { serve(worker); });
}

Workers::~Workers() { stop(); }

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (Worker& worker : workers_) worker.wake.notify_one();
  for (Worker& worker : workers_)
    if (worker.thread.joinable()) worker.thread.join();
}

bool Workers::post(std::function<void()> work) {
  Worker* called = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= longest_queue_) return false;
    queue_.push_back(std::move(work));
    if (!asleep_.empty()) {
      called = asleep_.back();
      asleep_.pop_back();
      called->is_called = true;
    }
  }
  if (called != nullptr) called->wake.notify_one();
  return true;
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::function<void()> Workers::next(Worker& worker) {
  const auto called = [&] { return stopping_ || worker.is_called; };
  bool rested = false;
  std::unique_lock lock(mutex_);
  while (queue_.empty() && !stopping_) {
    worker.is_called = false;
    asleep_.push_back(&worker);
    if (rested) {
      worker.wake.wait(lock, called);
    } else if (!worker.wake.wait_for(lock, before_rest, called)) {
      std::erase(asleep_, &worker);
      lock.unlock();
      hooks_.on_rest();
      lock.lock();
      rested = true;
    }
  }
  if (queue_.empty()) return {};
  auto work = std::move(queue_.front());
  queue_.pop_front();
  return work;
}

void Workers::serve(Worker& worker) {
  hooks_.on_start();
  while (const auto work = next(worker)) work();
}

}  // namespace ostiary
