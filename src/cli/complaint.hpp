#pragma once

#include <string_view>

namespace ostiary::cli {

/// Tells the operator, in a line on standard error that nothing of the log stands in.
void complain(std::string_view what);

}  // namespace ostiary::cli
