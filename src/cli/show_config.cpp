#include "cli/show_config.hpp"

#include <boost/json.hpp>
#include <sstream>
#include <string_view>

namespace ostiary::cli {
namespace {

constexpr std::size_t widest = 100;

/// Wraps `text` into indented lines of at most `widest` characters.
std::string wrapped(std::string_view text, std::string_view indent) {
  std::string result;
  std::string line;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > widest) {
      result += std::string(indent) + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? result : result + std::string(indent) + line + "\n";
}

constexpr std::string_view manual_introduction = R"(# Settings

`ostiary config --markdown` prints this page from `src/config.hpp`. `ostiary config` shows the values in use and where
they come from.

Ostiary reads a setting from the environment or, if it is not set there, from the file `.env` in the working directory.
To read a value from a file, set `NAME_FILE` to its path instead of `NAME`; one newline at the end of the file is
ignored. An empty value counts as not set. Durations are written as `10s`, `15m`, `12h` or `7d`, switches as `on` or
`off` (also `true` or `false`).

The program does not start if a value is malformed, if `.env` has an unknown name, or if the environment has an unknown
name with the prefix `OSTIARY_`. It prints one line for each error and exits with status 2. It ignores
`OSTIARY_PORT...` and `OSTIARY_SERVICE_...`, which Kubernetes adds. Names with the prefix `REDIS_` or `RABBITMQ_` are
allowed in `.env` but not used yet; if `REDIS_ADDR` or `RABBITMQ_URL` is set, the program prints a warning.

`SMTP_URL` and `OSTIARY_MASTER_KEY` are required unless `PUBLIC_URL` is on this machine.
)";

}  // namespace

std::string config_listing(const Config& config) {
  std::string text;
  std::string heading;
  for (const ConfigLine& line : describe(config)) {
    if (line.heading != heading) {
      heading = line.heading;
      text += (text.empty() ? "" : "\n") + heading + "\n";
      text += wrapped(line.heading_text, "");
    }
    text += "\n  " + line.name + " = " + (line.value.empty() ? "(none)" : line.value) + "  [" + line.origin + "]\n";
    text += wrapped(line.meaning, "      ");
  }
  return text;
}

std::string config_json(const Config& config) {
  boost::json::array settings;
  for (const ConfigLine& line : describe(config)) {
    boost::json::object setting{{"name", line.name}, {"value", nullptr}};
    if (!line.value.empty()) setting["value"] = line.value;
    setting["origin"] = line.origin;
    setting["section"] = line.heading;
    setting["meaning"] = line.meaning;
    settings.push_back(std::move(setting));
  }
  return boost::json::serialize(boost::json::object{{"settings", std::move(settings)}}) + "\n";
}

std::string config_manual() {
  std::string text(manual_introduction);
  std::string heading;
  for (const ConfigLine& line : describe(Config{})) {
    if (line.heading != heading) {
      heading = line.heading;
      text += "\n## " + heading + "\n";
      if (!line.heading_text.empty()) text += line.heading_text + "\n";
      text += "\n| setting | default | meaning |\n|---|---|---|\n";
    }
    text += "| `" + line.name + "` | " + (line.default_value.empty() ? "-" : line.default_value) + " | " +
            line.meaning + " |\n";
  }
  return text;
}

}  // namespace ostiary::cli
