#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ostiary::doctor {

enum class Level { ok, warning, problem };

/// The result of one check.
struct Finding {
  std::string check;   ///< "settings", "storage", "schema", "clock", "mail", "keys", "ports"
  Level level;
  std::string found;   ///< what was found, without secrets
  std::string advice;  ///< what to do; empty if nothing is wrong
};
using Findings = std::vector<Finding>;

std::int64_t count(const Findings& findings, Level level);

/// For a terminal: one line for each finding, followed by its advice.
std::string as_text(const Findings& findings);

/// {"checks": [{"name", "level", "found", "advice"}], "warnings", "problems"}; the advice is null if there is none.
std::string as_json(const Findings& findings);

}  // namespace ostiary::doctor
