#pragma once

#include <string>
#include <vector>

namespace ostiary::cli {

/// Rows for a terminal below their headers, two spaces between columns, a line each. An empty cell is shown as "-".
/// Columns are as wide as their texts have code points.
std::string table(const std::vector<std::string>& headers, const std::vector<std::vector<std::string>>& rows);

}  // namespace ostiary::cli
