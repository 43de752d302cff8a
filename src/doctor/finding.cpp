#include "doctor/finding.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

namespace ostiary::doctor {

namespace {

std::string_view name_of(Level level) {
  switch (level) {
    case Level::ok: return "ok";
    case Level::warning: return "warning";
    case Level::problem: break;
  }
  return "problem";
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, text.size()), ' ');
}

std::string counted(std::int64_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

}  // namespace

std::int64_t count(const Findings& findings, Level level) {
  return std::ranges::count(findings, level, &Finding::level);
}

std::string as_text(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += padded(finding.check, 10) + padded(name_of(finding.level), 9) + finding.found + "\n";
    if (!finding.advice.empty()) text += std::string(19, ' ') + "-> " + finding.advice + "\n";
  }
  return text + "\n" + counted(count(findings, Level::problem), "problem") + ", " +
         counted(count(findings, Level::warning), "warning") + "\n";
}

std::string as_json(const Findings& findings) {
  boost::json::array checks;
  for (const auto& finding : findings) {
    boost::json::object check{{"name", finding.check}, {"level", name_of(finding.level)}, {"found", finding.found}};
    check["advice"] = finding.advice.empty() ? boost::json::value(nullptr) : boost::json::value(finding.advice);
    checks.push_back(std::move(check));
  }
  return boost::json::serialize(boost::json::object{{"checks", std::move(checks)},
                                                    {"warnings", count(findings, Level::warning)},
                                                    {"problems", count(findings, Level::problem)}}) +
         "\n";
}

}  // namespace ostiary::doctor
