#include "door/counted_log.hpp"

namespace ostiary::door {

namespace {

std::string name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: break;
  }
  return "error";
}

}  // namespace

CountedLog::CountedLog(Log& log, const std::vector<Event>& alarming) : log_(log) {
  for (const Event& event : alarming) counts_[event] = 0;
}

void CountedLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_[{std::string(event), level}];
  }
  log_.write(level, event, fields);
}

std::vector<Metrics::Sample> CountedLog::samples() const {
  const std::lock_guard lock(mutex_);
  std::vector<Metrics::Sample> samples;
  for (const auto& [key, count] : counts_) {
    samples.push_back({{{"event", key.first}, {"level", name_of(key.second)}}, static_cast<double>(count)});
  }
  return samples;
}

}  // namespace ostiary::door
