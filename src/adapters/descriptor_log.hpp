#pragma once

#include <memory>

#include "ports/log.hpp"

namespace ostiary::adapters {

/// How lines look. `automatic` is coloured text on a terminal (plain where NO_COLOR is set, see no-color.org) and JSON
/// elsewhere.
enum class LogStyle { automatic, json, text, coloured_text };

/// Writes lines to a descriptor, from a thread of its own: `write` never waits for the reader. Lines are gathered for
/// up to 50 ms, on a terminal and from a warning on they go out at once; what a reader is too slow for, beyond 4 MiB,
/// is dropped and counted in a line "log.dropped".
///
/// As JSON a line is an object with time (RFC 3339, UTC), level, event and the fields. As text it is the local time,
/// the level, the event, and name=value pairs. Control characters, line separators and invalid UTF-8 are encoded in
/// both; a value beyond 4 KiB is cut.
class DescriptorLog final : public Log {
 public:
  /// Writes what is at least `least`. `descriptor` must stay open until the log is gone.
  DescriptorLog(int descriptor, LogLevel least, LogStyle style = LogStyle::automatic);
  /// Writes what is waiting.
  ~DescriptorLog() override;

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::adapters
