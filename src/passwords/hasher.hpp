#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/workers.hpp"
#include "crypto/password_hash.hpp"
#include "passwords/decoys.hpp"

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

  /// Costs what verifying a password against a hash of today's parameters costs, and is never true.
  bool verify_nobody(const Secret& password);
  /// The same at the cost of an account's hash, whichever belongs to `draw`.
  bool verify_nobody(const Secret& password, const Digest& draw);

  Decoys& decoys() { return decoys_; }
  const crypto::PasswordParameters& parameters() const { return parameters_; }
  std::size_t waiting() const { return workers_.waiting(); }
  int threads() const { return workers_.threads(); }

 private:
  void run(const std::function<void()>& work);

  crypto::PasswordParameters parameters_;
  Random& random_;
  Observer observer_ = [](std::chrono::nanoseconds) {};
  Workers workers_;
  Decoys decoys_;
};

}  // namespace ostiary::passwords
