#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ostiary::doctor {

enum class Level { ok, warning, problem };

/// One thing that was looked at.
struct Finding {
  std::string check;   ///< "settings", "storage", "schema", "clock", "mail", "keys", "ports"
  Level level;
  std::string found;   ///< what it is; holds no secret
  std::string advice;  ///< what to do; empty where all is well
};
using Findings = std::vector<Finding>;

std::int64_t count(const Findings& findings, Level level);

/// For a terminal: a line a finding, its advice below.
std::string as_text(const Findings& findings);

/// {"checks": [{"name", "level", "found", "advice"}], "warnings", "problems"}; the advice is null where there is none.
std::string as_json(const Findings& findings);

}  // namespace ostiary::doctor
