#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/workers.hpp"
#include "crypto/password_hash.hpp"

namespace ostiary::passwords {

/// Hashes passwords on its own threads with the lowest priority, so that a flood of logins slows down nothing but
/// logins. The threads reuse the memory of a hash until they were idle for 200 ms. Blocks the caller; the dispatcher
/// limits how many calls may wait.
class Hasher {
 public:
  /// Called with the duration of each hash, on the thread that computed it.
  using Observer = std::function<void(std::chrono::nanoseconds took)>;

  /// `threads` at least 1. `random` must outlive it.
  Hasher(const crypto::PasswordParameters& parameters, int threads, Random& random);

  /// Call it before the first hash.
  void observe(Observer observer) { observer_ = std::move(observer); }

  std::string hash(const Secret& password);
  bool verify(const Secret& password, std::string_view stored);

  /// Takes as long as verifying the password of a real account, and always returns false.
  bool verify_nobody(const Secret& password);

  const crypto::PasswordParameters& parameters() const { return parameters_; }
  std::size_t waiting() const { return workers_.waiting(); }
  int threads() const { return workers_.threads(); }

 private:
  void run(const std::function<void()>& work);

  crypto::PasswordParameters parameters_;
  Random& random_;
  std::string nobody_;  ///< the hash of a random password
  Observer observer_ = [](std::chrono::nanoseconds) {};
  Workers workers_;
};

}  // namespace ostiary::passwords
