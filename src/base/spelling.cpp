#include "base/spelling.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace ostiary {
namespace {

/// How many letters one has to insert, delete or replace to come from one text to the other.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> meant_by(std::string_view word, std::span<const std::string> names) {
  const auto far = [&](const std::string& name) { return distance(word, name); };
  const auto nearest = std::ranges::min_element(names, {}, far);
  if (nearest == names.end() || far(*nearest) > std::max<std::size_t>(2, word.size() / 4)) return std::nullopt;
  return *nearest;
}

}  // namespace ostiary
