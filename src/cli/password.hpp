#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace ostiary::cli {

/// A new password: asked for twice, without echo, where standard input is a terminal; else the first line
/// of standard input. UTF-8 only. The error is a sentence.
std::expected<Secret, std::string> read_new_password();

/// Whether a person confirms an action on `name` by typing it again. False where standard input is no terminal.
bool is_confirmed(std::string_view action, std::string_view name);

}  // namespace ostiary::cli
