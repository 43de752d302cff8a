#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/call.hpp"
#include "base/id.hpp"

namespace ostiary::audit {

struct Event;

/// The details of an event: a JSON object of address, user_agent, device (its hash in hexadecimal, if there is one),
/// trace_id, method, reason, metadata. It is encrypted after the salt.
std::string details_text(const Call& call, const Event& event);
inline constexpr std::size_t details_salt_size = 16;

/// The encryption context of an entry's details. It names the row, so they cannot be decrypted in another one.
std::string details_purpose(const AuditId& id);

}  // namespace ostiary::audit
