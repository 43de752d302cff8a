#include "http/response_headers.hpp"

namespace ostiary::http {

void add_security_headers(Response& response, std::string_view hsts) {
  response.add_if_absent("Cache-Control", "no-store");
  response.add_if_absent("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.add_if_absent("Cross-Origin-Resource-Policy", "same-origin");
  response.add_if_absent("Referrer-Policy", "no-referrer");
  response.add_if_absent("X-Content-Type-Options", "nosniff");
  if (!hsts.empty()) response.add_if_absent("Strict-Transport-Security", hsts);
}

}  // namespace ostiary::http
