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

/// Whether an operator may vouch for an account's address. Ordered by precedence: the first that applies wins.
enum class VouchVerdict {
  gone,        ///< no such account
  no_address,
  already,     ///< it is verified
  vouches,
};

struct AddressFacts {
  bool exists = false, verified = false;
};

/// `address`: nothing where there is no such account.
VouchVerdict judge_vouching(const std::optional<AddressFacts>& address);

/// Judges whether an account of status `current`, if there is one, takes the status `wanted`.
StatusVerdict judge_status(std::optional<std::string_view> current, std::string_view wanted);

}  // namespace ostiary::accounts
