#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace ostiary::storage {

/// The values in a libpq connection string by keyword. Keywords that it omits are absent.
using Conninfo = std::map<std::string, std::string, std::less<>>;

/// Parses a connection string or URL like libpq. The error is libpq's message, without what may be a password.
std::expected<Conninfo, std::string> parse_conninfo(const std::string& text);

/// Formats the values as a connection string.
std::string to_text(const Conninfo& conninfo);

}  // namespace ostiary::storage
