#pragma once

#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "ports/log.hpp"

namespace ostiary::door {

/// Passes lines on to another log, which must outlive it; but of those that strangers can cause as often as they like
/// (refusals, outages that each call meets) only the first few a second for each event, code and network of the caller
/// (IPv4 /24, IPv6 /48), only so many a second for each network, and, errors apart, only so many in all. What it
/// withholds it counts, and says once a second in a line `log.withheld` for each. Otherwise a flood of requests would
/// fill the disk. Thread-safe.
class LimitedLog final : public Log {
 public:
  static constexpr int lines_of_one = 10;    ///< a second, of one event, code and network
  static constexpr int lines_of_network = 20;  ///< a second, of one network, errors apart
  static constexpr int lines_in_all = 100;     ///< a second, of those that are limited, errors apart
  static constexpr std::size_t networks = 64;  ///< told apart; all further ones share a place for each event and code

  explicit LimitedLog(Log& log) : log_(log) {}

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override;

  /// Begins the next second. To be called once a second.
  void tick();

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  ///< event, code, network
  struct Place {
    LogLevel level = LogLevel::info;
    int lines_left = 0;
    int ticks_left = 0;
    std::int64_t withheld = 0;
  };

  bool takes(LogLevel level, std::string_view event, std::string_view code, std::string_view address);
  Place& place_of(Key key, const Place& fresh);

  Log& log_;
  std::mutex mutex_;
  std::map<Key, Place> places_;
  int lines_left_ = lines_in_all;
};

}  // namespace ostiary::door
