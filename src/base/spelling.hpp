#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ostiary {

/// Suggests the name closest to `word` by edit distance (inserted, deleted or replaced letters). Empty if the distance
/// is more than two and more than a quarter of the word.
std::optional<std::string> meant_by(std::string_view word, std::span<const std::string> names);

}  // namespace ostiary
