#pragma once

#include <string>
#include <string_view>

namespace ostiary::sessions {

/// A name by which a person recognises a device: "Firefox on Linux", "Chrome on Android", "curl", "gRPC client (node)",
/// "Unknown device". Takes any bytes, looks at the first 512 of them, and gives only words of its own.
std::string device_name_of(std::string_view user_agent);

}  // namespace ostiary::sessions
