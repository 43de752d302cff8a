#pragma once

#include "http/message.hpp"

namespace ostiary::http {

/// Adds the security headers that a response does not set itself (OWASP ASVS 3.4): no sniffing, no referrer, no
/// framing, no scripts and resources from anywhere, no caching; with `https`, Strict-Transport-Security.
void add_security_headers(Response& response, bool https);

}  // namespace ostiary::http
