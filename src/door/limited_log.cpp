#include "door/limited_log.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"

namespace ostiary::door {

namespace {

/// That a peer that is not trusted sends forwarding headers is worth a line an hour, whoever does.
constexpr std::string_view hourly_event = "proxy.not_trusted";
constexpr int ticks_an_hour = 3600;

/// What any caller can bring about, beside the refusals, which have a code.
bool is_anybodys(std::string_view event) {
  static constexpr std::array events{std::string_view("call.failed"),        std::string_view("call.unavailable"),
                                     std::string_view("http.accept_failed"), std::string_view("http.made_room"),
                                     std::string_view("http.page_failed"),   std::string_view("http.unexpected"),
                                     std::string_view("storage.not_ready"),  hourly_event};
  return std::ranges::find(events, event) != events.end();
}

std::string_view text_of(std::initializer_list<LogField> fields, std::string_view name) {
  const auto* const found = std::ranges::find(fields, name, &LogField::name);
  if (found == fields.end()) return {};
  const auto* const text = std::get_if<std::string_view>(&found->value);
  return text == nullptr ? std::string_view() : *text;
}

/// What one site usually has (RFC 6177 for IPv6).
std::string site_of(std::string_view text) {
  auto address = parse_address(text);
  if (!address) return {};
  const bool is_v4 = address->is_v4();
  std::fill(address->bytes.begin() + (is_v4 ? 15 : 6), address->bytes.end(), std::uint8_t{0});
  return to_string(*address) + (is_v4 ? "/24" : "/48");
}

}  // namespace

void LimitedLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  const auto code = text_of(fields, "code");
  const bool is_refusal = !code.empty() && code != "ok";
  if ((is_refusal || is_anybodys(event)) && !takes(level, event, code, text_of(fields, "address"))) return;
  log_.write(level, event, fields);
}

bool LimitedLog::takes(LogLevel level, std::string_view event, std::string_view code, std::string_view address) {
  const bool is_hourly = event == hourly_event;
  const std::string network = is_hourly ? std::string() : site_of(address);
  const std::lock_guard lock(mutex_);
  Place& place =
      place_of(Key(event, code, network), is_hourly ? Place{level, 1, ticks_an_hour} : Place{level, lines_of_one, 1});
  if (place.lines_left == 0) {
    ++place.withheld;
    return false;
  }
  // An error says why a call failed: no flood of refusals may hide it.
  if (level != LogLevel::error && !is_hourly) {
    Place& of_network = place_of(Key("", "", network), {level, lines_of_network, 1});
    if (of_network.lines_left == 0 || lines_left_ == 0) {
      ++place.withheld;
      return false;
    }
    --of_network.lines_left;
    --lines_left_;
  }
  --place.lines_left;
  return true;
}

LimitedLog::Place& LimitedLog::place_of(Key key, const Place& fresh) {
  const auto found = places_.find(key);
  if (found != places_.end()) return found->second;
  if (places_.size() >= networks) std::get<2>(key).clear();
  return places_.try_emplace(std::move(key), fresh).first->second;
}

void LimitedLog::tick() {
  std::vector<std::pair<Key, Place>> told;
  {
    const std::lock_guard lock(mutex_);
    lines_left_ = lines_in_all;
    for (auto next = places_.begin(); next != places_.end();) {
      const auto one = next++;
      if (--one->second.ticks_left > 0) continue;
      if (one->second.withheld > 0) told.emplace_back(one->first, one->second);
      places_.erase(one);
    }
  }
  for (const auto& [key, place] : told) {
    const auto& [event, code, network] = key;
    log_.write(place.level, "log.withheld",
               {{"of", event}, {"code", code}, {"network", network}, {"lines", place.withheld}});
  }
}

}  // namespace ostiary::door
