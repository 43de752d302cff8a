#include "accounts/email_change.hpp"

#include <stdexcept>
#include <utility>

#include "limits/email_address.hpp"

namespace ostiary::accounts {

AddressVerdict judge_address(const WantedAddress& address, UserId asker) {
  if (address.is_current && address.is_verified) return AddressVerdict::own;
  return address.holder && *address.holder != asker ? AddressVerdict::taken : AddressVerdict::free;
}

bool is_open(const std::optional<PresentedChange>& change, Time now) {
  return change && now < change->expires_at && change->is_askers && change->session_lives && change->account_active;
}

ReplacedVerdict judge_replaced(const ReplacedAddress& address) {
  if (!address.exists || address.is_same) return ReplacedVerdict::kept;
  if (!address.verified) return ReplacedVerdict::dropped;
  return address.is_going_back ? ReplacedVerdict::told : ReplacedVerdict::may_undo;
}

UndoVerdict judge_undo(const std::optional<PresentedUndo>& undo, Time now) {
  if (!undo) return UndoVerdict::unknown;
  return now >= undo->expires_at || undo->is_taken ? UndoVerdict::too_late : UndoVerdict::undoes;
}

std::string mask_email(std::string_view email) {
  const auto at = email.rfind('@');
  if (at == std::string_view::npos) return "***";
  return std::string(email.substr(0, at > 0 ? 1 : 0)) + "***" + std::string(email.substr(at));
}

}  // namespace ostiary::accounts
