#pragma once

#include <string_view>

#include "http/message.hpp"

namespace ostiary::http {

/// Adds what stands on every answer unless the answer says otherwise (OWASP ASVS 3.4): no sniffing, no referrer, no
/// framing, no script and no resource from anywhere, not kept by caches; Strict-Transport-Security where `hsts`, its
/// value, holds something.
void add_security_headers(Response& response, std::string_view hsts);

}  // namespace ostiary::http
