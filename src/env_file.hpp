#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary {

struct EnvEntry {
  std::string name;
  std::string value;
  int line;  ///< counts from 1
};

/// Reads a .env file as docker compose does: a `NAME=value` a line, `export` before it or not; blank lines and lines
/// that begin with # are passed over. A value in single quotes is as it stands, in double quotes \n, \", \\ and \$ are
/// escapes; without quotes it ends at " #" and loses the spaces around it. `$` has no meaning. A byte order mark is
/// passed over. The errors are a sentence for each malformed line, which names the line and not what stands there.
std::expected<std::vector<EnvEntry>, std::vector<std::string>> read_env_file(std::string_view text);

}  // namespace ostiary
