#pragma once

#include <expected>
#include <string>

#include "base/secret.hpp"

namespace ostiary::cli {

/// A new password: asked for twice, without echo, where standard input is a terminal; else the first line
/// of standard input. UTF-8 only. The error is a sentence.
std::expected<Secret, std::string> read_new_password();

}  // namespace ostiary::cli
