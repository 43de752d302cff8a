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

/// Parses a .env file like docker compose: one `NAME=value` on each line, optionally after `export`; blank lines and
/// lines that begin with # are ignored. A value in single quotes is literal; in double quotes \n, \", \\ and \$ are
/// escapes; without quotes it ends at " #" and is trimmed. `$` has no special meaning. A byte order mark is ignored.
/// Each malformed line is an error: a sentence with the line's number, without its content.
std::expected<std::vector<EnvEntry>, std::vector<std::string>> read_env_file(std::string_view text);

}  // namespace ostiary
