#include "storage/retry.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace ostiary::storage {
namespace {

constexpr int most_attempts = 16;
constexpr int most_unique_violations = 3;
constexpr int most_lost_connections = 3;
constexpr int first_pause_us = 1'000;
constexpr int longest_pause_us = 250'000;

void pause_before_attempt(int next) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int bound = std::min(longest_pause_us, first_pause_us << next);
  std::uniform_int_distribution<int> microseconds(0, bound);
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
}

}  // namespace

void retry(const std::function<void()>& attempt) {
  int unique_violations = 0;
  int lost_connections = 0;
  for (int count = 1;; ++count) {
    try {
      return attempt();
    } catch (const SerializationFailure&) {
      if (count == most_attempts) throw;
    } catch (const UniqueViolation&) {
      if (++unique_violations == most_unique_violations || count == most_attempts) throw;
    } catch (const ConnectionLost&) {
      if (++lost_connections == most_lost_connections || count == most_attempts) throw;
    }
    pause_before_attempt(count);
  }
}

}  // namespace ostiary::storage
