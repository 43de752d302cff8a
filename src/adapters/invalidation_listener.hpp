#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "ports/invalidation.hpp"

namespace ostiary::adapters {

/// Holds the listener of an invalidation and forwards invalidations to it.
/// Thread-safe.
class InvalidationListener {
 public:
  void set(Invalidation::Listener listener) {
    const std::lock_guard lock(mutex_);
    listener_ = std::make_shared<const Invalidation::Listener>(std::move(listener));
  }
  void forget_user(UserId user) const {
    if (const auto listener = current()) listener->forget_user(user);
  }
  void forget_all() const {
    if (const auto listener = current()) listener->forget_all();
  }

 private:
  std::shared_ptr<const Invalidation::Listener> current() const {
    const std::lock_guard lock(mutex_);
    return listener_;
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const Invalidation::Listener> listener_;
};

}  // namespace ostiary::adapters
