#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ostiary {

/// What somebody who wrote `word` may have meant: the name that the fewest letters, inserted, deleted or replaced, lead
/// to; nothing where that would be more than two, and more than a quarter of the word.
std::optional<std::string> meant_by(std::string_view word, std::span<const std::string> names);

}  // namespace ostiary
