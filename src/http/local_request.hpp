#pragma once

#include "http/message.hpp"

namespace ostiary::server {

/// Whether a proxy says that it passed the request on.
bool is_forwarded(const HttpRequest& request);

/// Whether a request is this machine's own: from a loopback peer, to a local name, through no proxy.
bool is_local_request(const HttpRequest& request);

}  // namespace ostiary::server
