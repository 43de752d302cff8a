#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/refusal.hpp"
#include "contract/contract.hpp"

namespace ostiary::door {

/// What is counted, timed and watched, for Prometheus (text exposition format 0.0.4). Nothing in it names a person, an
/// address or a token. Thread-safe.
class Metrics {
 public:
  explicit Metrics(const contract::Contract& contract);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// ostiary_calls_total and ostiary_call_seconds: a call was answered, or refused for `why`.
  void answered(const contract::Method& method, std::optional<Refusal> why, std::chrono::nanoseconds took);

  /// ostiary_password_hash_seconds: a hash was computed, waiting not included.
  void hashed(std::chrono::nanoseconds took);

  enum class Kind { gauge, counter };
  struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value;
  };
  /// A number that somebody else keeps: `read` is asked at each scrape, must not block, and outlive the last of them.
  void watch(std::string name, std::string help, Kind kind, std::function<std::vector<Sample>()> read);

  /// All of it, as Prometheus reads it.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `ostiary_..._bytes`, CPU time, descriptors and start of this process, under the names that Prometheus' own client
/// libraries use.
void watch_process(Metrics& metrics);

}  // namespace ostiary::door
