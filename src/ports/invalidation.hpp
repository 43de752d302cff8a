#pragma once

#include <functional>

#include "base/id.hpp"

namespace ostiary {

class Transaction;

/// Tells every instance that what it remembers of sessions, one user's or all, is no longer so.
class Invalidation {
 public:
  virtual ~Invalidation() = default;

  /// Announces with the commit of `tx` that sessions of `user` changed. When the commit returns it holds here; at the
  /// other instances within 100 ms as a rule and 2 s at the very worst.
  virtual void publish(Transaction& tx, UserId user) = 0;

  /// The same of all users' sessions: what changed concerns everybody, such as a role's permissions.
  virtual void publish_all(Transaction& tx) = 0;

  /// Whether the channel has lately proven that it delivers. While it has not, nothing remembered may be used.
  virtual bool in_force() const = 0;

  /// Who forgets. `forget_user` and `forget_all` are called from any thread; set once, before anything is published.
  struct Listener {
    std::function<void(UserId)> forget_user;
    std::function<void()> forget_all;
  };
  virtual void listen(Listener listener) = 0;
};

}  // namespace ostiary
