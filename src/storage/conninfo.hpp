#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

namespace ostiary::storage {

/// What a libpq connection string says, by libpq's keywords; what it leaves out is not there.
using Conninfo = std::map<std::string, std::string, std::less<>>;

/// Reads a connection string, or a URL, as libpq does. The error is libpq's complaint, without what may be a password.
std::expected<Conninfo, std::string> parse_conninfo(const std::string& text);

/// A connection string that says the same.
std::string to_text(const Conninfo& conninfo);

}  // namespace ostiary::storage
