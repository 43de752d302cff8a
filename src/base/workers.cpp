#include "base/workers.hpp"

#include <chrono>

namespace ostiary {
namespace {

constexpr auto before_rest = std::chrono::milliseconds(200);

}  // namespace

Workers::Workers(int threads, std::size_t longest_queue, Hooks hooks)
    : longest_queue_(longest_queue), hooks_(std::move(hooks)) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Workers::~Workers() { stop(); }

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool Workers::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= longest_queue_) return false;
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::function<void()> Workers::next() {
  const auto called = [this] { return stopping_ || !queue_.empty(); };
  std::unique_lock lock(mutex_);
  if (!wake_.wait_for(lock, before_rest, called)) {
    lock.unlock();
    hooks_.on_rest();
    lock.lock();
    wake_.wait(lock, called);
  }
  if (queue_.empty()) return {};
  auto work = std::move(queue_.front());
  queue_.pop_front();
  return work;
}

void Workers::serve() {
  hooks_.on_start();
  while (const auto work = next()) work();
}

}  // namespace ostiary
