#include "cli/show_config.hpp"

#include <boost/json.hpp>
#include <sstream>
#include <string_view>

namespace ostiary::cli {
namespace {

constexpr std::size_t widest = 100;

/// `text` in lines of at most `widest` characters, each indented.
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

This page is printed by `ostiary config --markdown` from `src/config.hpp`; `ostiary config` shows what is in force and
where it comes from.

A setting is read from the environment, else from the file `.env` in the working folder. Any `NAME` may be given as
`NAME_FILE`, the path of a file that holds the value (one newline at its end is left out). An empty value counts as
none. Durations are `10s`, `15m`, `12h` or `7d`; switches are `on` or `off`, also `true` or `false`.

A malformed value, a name in `.env` that means nothing, and one in the environment that begins with `OSTIARY_` and means
nothing, stop the start with a line each and the exit status 2. (`OSTIARY_PORT...` and `OSTIARY_SERVICE_...`, which
Kubernetes adds, are passed over.) Names that begin with `REDIS_` or `RABBITMQ_` may stand in `.env`: this version does
not use them yet, and says so when it finds `REDIS_ADDR` or `RABBITMQ_URL`.

While `PUBLIC_URL` is not on this machine, `SMTP_URL` and `OSTIARY_MASTER_KEY` are needed.
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
