#pragma once

#include <expected>
#include <string>

#include "base/secret.hpp"

namespace ostiary::cli {

/// Reads a password for a new account: on a terminal asks twice without echo, otherwise reads the first line of
/// standard input. UTF-8 only. The error is a sentence.
std::expected<Secret, std::string> read_new_password();

}  // namespace ostiary::cli
