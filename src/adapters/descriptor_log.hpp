#pragma once

#include <memory>

#include "ports/log.hpp"

namespace ostiary::adapters {

/// The format of lines. `automatic` is coloured text on a terminal (plain if NO_COLOR is set, see no-color.org) and
/// JSON elsewhere.
enum class LogStyle { automatic, json, text, coloured_text };

/// Writes lines to a descriptor on its own thread, so `write` never waits for the reader. Lines are collected for up to
/// 50 ms; on a terminal, and from level warning on, they are written at once. If the reader is too slow, lines beyond 4
/// MiB are dropped and counted in a line "log.dropped".
///
/// A JSON line is an object with time (RFC 3339, UTC), level, event and the fields. A text line has the local time, the
/// level, the event, and name=value pairs. Both encode control characters, line separators and invalid UTF-8, and
/// truncate values at 4 KiB.
class DescriptorLog final : public Log {
 public:
  /// Writes lines of level `least` and above. `descriptor` must stay open until the log is destroyed.
  DescriptorLog(int descriptor, LogLevel least, LogStyle style = LogStyle::automatic);
  /// Writes the remaining lines.
  ~DescriptorLog() override;

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::adapters
