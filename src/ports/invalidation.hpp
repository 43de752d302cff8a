#pragma once

#include <functional>

#include "base/id.hpp"

namespace ostiary {

class Transaction;

/// Tells every instance to drop cached sessions, of one user or of all.
class Invalidation {
 public:
  virtual ~Invalidation() = default;

  /// Announces, with the commit of `tx`, that sessions of `user` changed. It takes effect on this instance before the
  /// commit returns, and on others within 100 ms as a rule and 2 s at worst.
  virtual void publish(Transaction& tx, UserId user) = 0;

  /// The same for the sessions of all users, for changes that affect everybody, such as a role's permissions.
  virtual void publish_all(Transaction& tx) = 0;

  /// Whether the channel has recently proven that it delivers. If not, the cache must not be used.
  virtual bool in_force() const = 0;

  /// Receives invalidations, on any thread. Set it once, before anything is published.
  struct Listener {
    std::function<void(UserId)> forget_user;
    std::function<void()> forget_all;
  };
  virtual void listen(Listener listener) = 0;
};

}  // namespace ostiary
