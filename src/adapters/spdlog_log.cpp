#include "adapters/spdlog_log.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include "base/utf8.hpp"

namespace ostiary::adapters {

namespace {

constexpr std::size_t most_waiting = 4 * 1024 * 1024;
constexpr std::size_t enough_for_a_write = 64 * 1024;
constexpr std::size_t longest_value = 4 * 1024;
constexpr std::chrono::milliseconds gathering_time{50};

constexpr auto json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})";
constexpr auto text_pattern = "%H:%M:%S.%e %^%-7l%$ %v";

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view colour_of(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return "\033[31m";
  if (level == spdlog::level::warn) return "\033[33m";
  return level == spdlog::level::info ? "\033[32m" : "\033[2m";
}

/// Keeps formatted lines until the writing thread takes them.
class WaitingLines final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  WaitingLines(bool coloured, bool gather) : coloured_(coloured), gather_(gather) {}

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

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const std::size_t before = lines_.size();
    if (before + line.size() > most_waiting) {
      ++dropped_;
      return;
    }
    const std::string_view text(line.data(), line.size());
    if (coloured_) {
      lines_.append(text.substr(0, message.color_range_start)).append(colour_of(message.level));
      lines_.append(text.substr(message.color_range_start, message.color_range_end - message.color_range_start));
      lines_.append("\033[0m").append(text.substr(message.color_range_end));
    } else {
      lines_.append(text);
    }
    // Only for what the writing thread waits for: to wake it with each line costs more than the line.
    if (before == 0 || (before < enough_for_a_write && lines_.size() >= enough_for_a_write)) wake_.notify_one();
  }

  void flush_() override {
    urgent_ = true;
    wake_.notify_one();
  }

 private:
  const bool coloured_, gather_;
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
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(point));
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

std::string as_json(std::string_view event, std::initializer_list<LogField> fields) {
  std::string out = "\"event\":";
  append_quoted(out, event);
  for (const auto& field : fields) {
    out.push_back(',');
    append_quoted(out, field.name);
    out.push_back(':');
    append_value(out, field, true);
  }
  return out;
}

std::string as_text(std::string_view event, std::initializer_list<LogField> fields) {
  std::string out;
  append_encoded(out, event);
  for (const auto& field : fields) {
    out.push_back(' ');
    append_encoded(out, field.name);
    out.push_back('=');
    append_value(out, field, false);
  }
  return out;
}

LogStyle style_for(int descriptor) {
  if (::isatty(descriptor) == 0) return LogStyle::json;
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
  return no_colour && *no_colour ? LogStyle::text : LogStyle::coloured_text;
}

}  // namespace

struct SpdlogLog::Impl {
  Impl(int descriptor_to_use, LogLevel least, LogStyle style)
      : descriptor(descriptor_to_use),
        json(style == LogStyle::json),
        lines(std::make_shared<WaitingLines>(style == LogStyle::coloured_text, ::isatty(descriptor) == 0)),
        logger("ostiary", lines) {
    logger.set_level(to_spdlog(least));
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? json_pattern : text_pattern, json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local));
    logger.flush_on(spdlog::level::warn);
    writer = std::thread([this] { write_lines(); });
  }

  ~Impl() {
    lines->close();
    writer.join();
  }

  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    const auto text = json ? as_json(event, fields) : as_text(event, fields);
    logger.log(to_spdlog(level), spdlog::string_view_t(text.data(), text.size()));
  }

  void write_lines() {
    // Signals are the main thread's business, and a reader that went away must not end the process by SIGPIPE.
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::string taken;
    std::int64_t dropped = 0;
    while (lines->take(taken, dropped)) {
      write_all(descriptor, taken);
      if (dropped > 0) log(LogLevel::warning, "log.dropped", {{"lines", dropped}});
    }
  }

  const int descriptor;
  const bool json;
  const std::shared_ptr<WaitingLines> lines;
  spdlog::logger logger;
  std::thread writer;
};

SpdlogLog::SpdlogLog(int descriptor, LogLevel least, LogStyle style)
    : impl_(std::make_unique<Impl>(descriptor, least, style == LogStyle::automatic ? style_for(descriptor) : style)) {}

SpdlogLog::~SpdlogLog() = default;

void SpdlogLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (impl_->logger.should_log(to_spdlog(level))) impl_->log(level, event, fields);
}

}  // namespace ostiary::adapters
