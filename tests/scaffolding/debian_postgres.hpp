#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ostiary::testing {

/// The folder of the newest PostgreSQL server programs that Debian's packages have installed. Throws
/// std::runtime_error where there are none.
inline std::filesystem::path debian_postgres_programs() {
  const std::filesystem::path versions = "/usr/lib/postgresql";
  int newest = 0;
  if (std::filesystem::is_directory(versions)) {
    for (const auto& entry : std::filesystem::directory_iterator(versions)) {
      if (exists(entry.path() / "bin/initdb")) newest = std::max(newest, std::stoi(entry.path().filename().string()));
    }
  }
  if (newest == 0) throw std::runtime_error("PostgreSQL is not installed: deploy/install-dependencies test");
  return versions / std::to_string(newest) / "bin";
}

}  // namespace ostiary::testing
