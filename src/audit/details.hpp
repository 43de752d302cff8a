#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/call.hpp"
#include "base/id.hpp"

namespace ostiary::audit {

struct Event;

/// What is sealed of an event, where from, how and why: a JSON object of address, user_agent, device (its hash in
/// hexadecimal, if there is one), trace_id, method, reason, metadata. It is sealed behind the salt.
std::string details_text(const Call& call, const Event& event);
inline constexpr std::size_t details_salt_size = 16;

/// What an entry's details are sealed for: the row is named, so that they open in no other.
std::string details_purpose(const AuditId& id);

}  // namespace ostiary::audit
