#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace ostiary::http {

/// The language of `offered` (primary subtags, as "de") that an Accept-Language header prefers (RFC 9110, section
/// 12.5.4). The first one if none matches or the header is malformed.
std::string_view preferred_language(std::string_view accept_language, std::span<const std::string_view> offered);

/// Whether the lines of an Accept header name text/html, as a browser does for a page that a person opens.
bool asks_for_html(const std::vector<std::string_view>& accept);

}  // namespace ostiary::http
