#pragma once

#include <functional>
#include <string>

#include "base/workers.hpp"
#include "crypto/password_hash.hpp"

namespace ostiary::passwords {

/// Hashes passwords on threads of its own, of the batch scheduling class and nice 10, so that a flood of logins does
/// not slow down anything else. Blocks the caller; the dispatcher lets in only as many as there is room for.
class Hasher {
 public:
  /// `threads` at least 1. `random` must outlive it.
  Hasher(const crypto::PasswordParameters& parameters, int threads, Random& random);

  std::string hash(const Secret& password);
  bool verify(const Secret& password, std::string_view stored);

  /// Costs what verifying a password of a real account costs, and is never true.
  bool verify_nobody(const Secret& password);

  const crypto::PasswordParameters& parameters() const { return parameters_; }
  int threads() const { return workers_.threads(); }

 private:
  void run(const std::function<void()>& work);

  crypto::PasswordParameters parameters_;
  Random& random_;
  std::string nobody_;  ///< the hash of a random password
  Workers workers_;
};

}  // namespace ostiary::passwords
