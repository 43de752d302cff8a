#include "cli/table.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace ostiary::cli {

namespace {

const std::string& shown(const std::string& cell) {
  static const std::string nothing = "-";
  return cell.empty() ? nothing : cell;
}

std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& cell = shown(cells[i]);
    text += cell;
    if (i + 1 < cells.size()) text += std::string(widths[i] + 2 - inspect(cell).characters, ' ');
  }
  return text + '\n';
}

}  // namespace

std::string table(const std::vector<std::string>& headers, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(headers.size());
  const auto widen = [&widths](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], inspect(shown(cells[i])).characters);
    }
  };
  widen(headers);
  std::ranges::for_each(rows, widen);
  std::string text = line(headers, widths);
  for (const auto& row : rows) text += line(row, widths);
  return text;
}

}  // namespace ostiary::cli
