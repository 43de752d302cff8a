#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

#include "base/secret.hpp"

namespace ostiary {

enum class LogLevel { debug, info, warning, error };

/// One named value of a log line. It cannot be made from a Secret.
struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, bool> value;

  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, const char* text) : name(field), value(std::string_view(text)) {}
  LogField(std::string_view field, const std::string& text) : name(field), value(std::string_view(text)) {}
  LogField(std::string_view field, bool truth) : name(field), value(truth) {}
  template <std::integral N>
  LogField(std::string_view field, N number) : name(field), value(static_cast<std::int64_t>(number)) {}
  LogField(std::string_view, const Secret&) = delete;
};

/// Writes structured log lines: text on a terminal, JSON elsewhere. Encodes control characters, so each call writes
/// exactly one line. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) = 0;
};

}  // namespace ostiary
