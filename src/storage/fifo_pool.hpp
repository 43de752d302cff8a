#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace ostiary::storage {

/// A pool that lends each member to one borrower at a time, strictly first come, first served: a mutex would starve
/// some borrowers for seconds. Thread-safe. Must outlive its loans.
template <class T>
class FifoPool {
 public:
  /// A borrowed member. Returns it on destruction.
  class Loan {
   public:
    Loan(FifoPool& pool, std::unique_ptr<T> member) : pool_(&pool), member_(std::move(member)) {}
    Loan(Loan&&) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (member_) pool_->give_back(std::move(member_));
    }
    T& operator*() const { return *member_; }
    T* operator->() const { return member_.get(); }

   private:
    FifoPool* pool_;
    std::unique_ptr<T> member_;
  };

  void add(std::unique_ptr<T> member) { give_back(std::move(member)); }

  struct Use {
    std::size_t idle, waiting;
  };
  Use use() const {
    const std::lock_guard lock(mutex_);
    return {idle_.size(), waiting_.size()};
  }

  /// The next free member. Empty if none became free within `timeout`.
  std::optional<Loan> borrow(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!idle_.empty()) {  // then nobody waits without a member
      auto member = std::move(idle_.back());
      idle_.pop_back();
      return Loan(*this, std::move(member));
    }
    const auto self = waiting_.emplace(waiting_.end());
    self->woken.wait_for(lock, timeout, [&] { return self->member != nullptr; });
    auto member = std::move(self->member);
    waiting_.erase(self);
    if (!member) return std::nullopt;
    return Loan(*this, std::move(member));
  }

 private:
  struct Waiter {
    std::condition_variable woken;
    std::unique_ptr<T> member;
  };

  void give_back(std::unique_ptr<T> member) {
    const std::lock_guard lock(mutex_);
    for (Waiter& waiter : waiting_) {
      if (waiter.member) continue;
      waiter.member = std::move(member);
      waiter.woken.notify_one();
      return;
    }
    idle_.push_back(std::move(member));
  }

  mutable std::mutex mutex_;
  std::list<Waiter> waiting_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace ostiary::storage
