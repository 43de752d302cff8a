#pragma once

#include "http/message.hpp"

namespace ostiary::http {

/// Whether a proxy says that it passed the request on.
bool is_forwarded(const Request& request);

/// Whether a request is this machine's own: from a loopback peer, to a local name, through no proxy.
bool is_local_request(const Request& request);

}  // namespace ostiary::http
