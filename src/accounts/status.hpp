#pragma once

#include <optional>
#include <string_view>

namespace ostiary::accounts {

inline constexpr std::string_view active_status = "active", disabled_status = "disabled", deleted_status = "deleted";

/// Ordered by precedence: the first that applies wins.
enum class StatusVerdict {
  gone,     ///< no such account, or a deleted one, whose status is final
  already,  ///< it already has the wanted status
  changes,
};

/// Decides whether an account with status `current`, if there is one, changes to `wanted`.
StatusVerdict judge_status(std::optional<std::string_view> current, std::string_view wanted);

}  // namespace ostiary::accounts
