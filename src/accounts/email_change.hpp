#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/time.hpp"

namespace ostiary::accounts {

inline constexpr std::string_view change_email_purpose = "change_email";

/// How long the holder of an earlier address may undo the change. No other account takes the address meanwhile.
inline constexpr std::chrono::hours undo_lifetime{72};

/// An undoing removes the second factors that were added later than so long before the change: whoever changed the
/// address may have added them.
inline constexpr std::chrono::hours suspect_before_change{24};

/// What is known about an address that an account asks for.
struct WantedAddress {
  bool is_current = false;   ///< it is the account's own
  bool is_verified = false;  ///< the account's own address is verified
  std::optional<UserId> holder = std::nullopt;  ///< who has it, or may go back to it
};

/// Ordered by precedence: the first that applies wins.
enum class AddressVerdict {
  own,    ///< the account has it and has proven it
  taken,  ///< another account has it, or may go back to it
  free,
};

AddressVerdict judge_address(const WantedAddress& address, UserId asker);

/// What is stored about a change whose code or link is presented.
struct PresentedChange {
  Time expires_at{};
  bool session_lives = false;   ///< the session that asked for it
  bool account_active = false;
  bool is_askers = false;       ///< the caller's own account asked for it; true of whoever has the link
};

/// Whether a proof is accepted. What ends the asker's session, such as a new password, also ends the change: whoever
/// had taken over the session must not keep a way in.
bool is_open(const std::optional<PresentedChange>& change, Time now);

/// What is known about the address that a change replaces.
struct ReplacedAddress {
  bool exists = false, verified = false;
  bool is_same = false;        ///< the change only proves it
  bool is_going_back = false;  ///< the new address is an earlier one that may still undo
};

/// What becomes of the address that a change replaces. Ordered by precedence: the first that applies wins.
enum class ReplacedVerdict {
  kept,      ///< there is none, or it stays
  dropped,   ///< never proven: it may be a stranger's, who must get no right to the account
  told,      ///< its holder is told, but may not undo: the new address could have undone its change anyway
  may_undo,  ///< its holder is told and may undo
};

ReplacedVerdict judge_replaced(const ReplacedAddress& address);

/// What is stored about a right to undo whose link is presented.
struct PresentedUndo {
  Time expires_at{};
  bool is_taken = false;  ///< another account has the address: a server whose clock is ahead saw the right expire
};

/// Ordered by precedence: the first that applies wins.
enum class UndoVerdict { unknown, too_late, undoes };

UndoVerdict judge_undo(const std::optional<PresentedUndo>& undo, Time now);

/// An address that its owner recognises and others cannot read: "ada@example.org" becomes "a***@example.org".
std::string mask_email(std::string_view email);

}  // namespace ostiary::accounts
