#pragma once

#include "http/message.hpp"

namespace ostiary::http {

/// Adds what stands on every answer unless the answer says otherwise (OWASP ASVS 3.4): no sniffing, no referrer, no
/// framing, no script and no resource from anywhere, not kept by caches; with `https`, Strict-Transport-Security.
void add_security_headers(Response& response, bool https);

}  // namespace ostiary::http
