#pragma once

#include <string_view>

namespace ostiary::cli {

/// Prints an error message to the operator, as a line of its own on standard error.
void complain(std::string_view what);

}  // namespace ostiary::cli
