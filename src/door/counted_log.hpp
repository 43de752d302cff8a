#pragma once

#include <map>
#include <mutex>

#include "door/metrics.hpp"
#include "ports/log.hpp"

namespace ostiary::door {

/// Counts lines by event and level on their way to another log, which must outlive it. Thread-safe.
class CountedLog final : public Log {
 public:
  /// Events worth an alert start at 0, because a series that starts at 1 shows no increase.
  using Event = std::pair<std::string, LogLevel>;
  CountedLog(Log& log, const std::vector<Event>& alarming);

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;

  /// One sample for each event, for Metrics::watch.
  std::vector<Metrics::Sample> samples() const;

 private:
  Log& log_;
  mutable std::mutex mutex_;
  std::map<Event, std::uint64_t> counts_;
};

}  // namespace ostiary::door
