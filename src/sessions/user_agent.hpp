#pragma once

#include <string>
#include <string_view>

namespace ostiary::sessions {

/// A name by which a user recognises a device: "Firefox on Linux", "Chrome on Android", "curl", "gRPC client (node)",
/// "Unknown device". Accepts any bytes, reads the first 512, and returns only fixed words.
std::string device_name_of(std::string_view user_agent);

}  // namespace ostiary::sessions
