#pragma once

#include <string>
#include <string_view>

#include "gateway/router.hpp"

namespace ostiary::pages {

/// The content of an embedded file of web/pages. Throws std::logic_error if it does not exist.
std::string_view page_file(std::string_view name);

/// An HTML page that may load styles, scripts and pictures only from this server.
http::Response html_page(std::string html);

/// The response of a page that does not exist for this request: the gateway answers like for an unknown path.
http::Response nothing_here();

/// /assets/*: the style sheets, scripts and licences among the embedded files, revalidated by ETag.
gateway::Page assets_page();

}  // namespace ostiary::pages
