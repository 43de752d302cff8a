#include "adapters/descriptor_log.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/encoding.hpp"
#include "base/utf8.hpp"

namespace ostiary::adapters {

namespace {

constexpr std::size_t most_waiting = 4 * 1024 * 1024;
constexpr std::size_t enough_for_a_write = 64 * 1024;
constexpr std::size_t longest_value = 4 * 1024;
constexpr std::chrono::milliseconds gathering_time{50};

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

/// What makes a terminal show what follows in the level's colour.
std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "\033[2m";
    case LogLevel::info: return "\033[32m";
    case LogLevel::warning: return "\033[33m";
    case LogLevel::error: break;
  }
  return "\033[31m";
}

constexpr std::string_view colour_end = "\033[0m";

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

/// Hours to milliseconds on this machine's clock: "08:15:00.123".
std::string local_time(Time time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%03d", parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(milliseconds % 1000));
  return text.data();
}

/// Keeps lines until the writing thread takes them. Thread-safe.
class WaitingLines {
 public:
  explicit WaitingLines(bool gather) : gather_(gather) {}

  /// Waits for lines and moves them into `lines`; false when there are none and there will be none.
  bool take(std::string& lines, std::int64_t& dropped) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return !lines_.empty() || closed_; });
    if (gather_ && !lines_.empty()) {
      wake_.wait_for(lock, gathering_time, [&] { return urgent_ || closed_ || lines_.size() >= enough_for_a_write; });
    }
    lines.clear();
    std::swap(lines, lines_);
    dropped = std::exchange(dropped_, 0);
    urgent_ = false;
    return !lines.empty();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    wake_.notify_one();
  }

  /// An `urgent` line is written at once, with all that waits.
  void put(std::string_view line, bool urgent) {
    const std::lock_guard lock(mutex_);
    const std::size_t before = lines_.size();
    if (before + line.size() > most_waiting) {
      ++dropped_;
      return;
    }
    lines_.append(line);
    urgent_ = urgent_ || urgent;
    // Only for what the writing thread waits for: to wake it with each line costs more than the line.
    if (urgent || before == 0 || (before < enough_for_a_write && lines_.size() >= enough_for_a_write)) {
      wake_.notify_one();
    }
  }

 private:
  const bool gather_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string lines_;
  std::int64_t dropped_ = 0;
  bool urgent_ = false;
  bool closed_ = false;
};

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd waiting{descriptor, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return;  // nobody reads any more, and there is nowhere else to say so
    }
  }
}

/// Whether a code point could move a terminal's cursor, end a line or turn the text around.
bool is_unsafe(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029 ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

/// Appends `text` as the inside of a JSON string.
void append_encoded(std::string& out, std::string_view text) {
  const bool too_long = text.size() > longest_value;
  const auto end = too_long ? longest_value : text.size();
  for (std::size_t i = 0; i < end;) {
    const auto [point, length] = decode_utf8(text.substr(i));
    if (length == 0) {
      out.append("\\ufffd");
    } else if (point == '"' || point == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(point));
    } else if (point == '\n') {
      out.append("\\n");
    } else if (point == '\r') {
      out.append("\\r");
    } else if (point == '\t') {
      out.append("\\t");
    } else if (is_unsafe(point)) {
      std::array<char, 16> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(point));
      out.append(escape.data());
    } else {
      out.append(text.substr(i, length));
    }
    i += std::max<std::size_t>(1, length);
  }
  if (too_long) out.append("...");
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  append_encoded(out, text);
  out.push_back('"');
}

bool is_plain_word(std::string_view text) {
  constexpr std::string_view marks = "-._:/@+#%,[]";
  return !text.empty() && text.size() <= longest_value && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
  });
}

void append_value(std::string& out, const LogField& field, bool json) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    if (!json && is_plain_word(*text)) out.append(*text);
    else append_quoted(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out.append(std::to_string(*number));
  } else {
    out.append(std::get<bool>(field.value) ? "true" : "false");
  }
}

std::string as_json(Time time, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string out = "{\"time\":\"" + to_rfc3339(time) + "\",\"level\":\"";
  out.append(name_of(level)).append("\",\"event\":");
  append_quoted(out, event);
  for (const auto& field : fields) {
    out.push_back(',');
    append_quoted(out, field.name);
    out.push_back(':');
    append_value(out, field, true);
  }
  out.append("}\n");
  return out;
}

std::string as_text(Time time, LogLevel level, bool coloured, std::string_view event,
                    std::initializer_list<LogField> fields) {
  constexpr std::size_t widest_level = 7;
  std::string out = local_time(time) + ' ';
  if (coloured) out.append(colour_of(level));
  out.append(name_of(level)).append(widest_level - name_of(level).size(), ' ');
  if (coloured) out.append(colour_end);
  out.push_back(' ');
  append_encoded(out, event);
  for (const auto& field : fields) {
    out.push_back(' ');
    append_encoded(out, field.name);
    out.push_back('=');
    append_value(out, field, false);
  }
  out.push_back('\n');
  return out;
}

LogStyle style_for(int descriptor) {
  if (::isatty(descriptor) == 0) return LogStyle::json;
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
  return no_colour && *no_colour ? LogStyle::text : LogStyle::coloured_text;
}

}  // namespace

struct DescriptorLog::Impl {
  Impl(int descriptor_to_use, LogLevel least_to_write, LogStyle chosen)
      : descriptor(descriptor_to_use), least(least_to_write), style(chosen), lines(::isatty(descriptor) == 0) {
    writer = std::thread([this] { write_lines(); });
  }

  ~Impl() {
    lines.close();
    writer.join();
  }

  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    const auto line = style == LogStyle::json ? as_json(now(), level, event, fields)
                                              : as_text(now(), level, style == LogStyle::coloured_text, event, fields);
    lines.put(line, level >= LogLevel::warning);
  }

  void write_lines() {
    // Signals are the main thread's business, and a reader that went away must not end the process by SIGPIPE.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::string taken;
    std::int64_t dropped = 0;
    while (lines.take(taken, dropped)) {
      write_all(descriptor, taken);
      if (dropped > 0) log(LogLevel::warning, "log.dropped", {{"lines", dropped}});
    }
  }

  const int descriptor;
  const LogLevel least;
  const LogStyle style;
  WaitingLines lines;
  std::thread writer;
};

DescriptorLog::DescriptorLog(int descriptor, LogLevel least, LogStyle style)
    : impl_(std::make_unique<Impl>(descriptor, least, style == LogStyle::automatic ? style_for(descriptor) : style)) {}

DescriptorLog::~DescriptorLog() = default;

void DescriptorLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level >= impl_->least) impl_->log(level, event, fields);
}

}  // namespace ostiary::adapters
