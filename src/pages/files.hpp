#pragma once

#include <string>
#include <string_view>

#include "gateway/router.hpp"

namespace ostiary::pages {

/// The content of an embedded file of web/pages. Throws std::logic_error where there is none of that name.
std::string_view page_file(std::string_view name);

/// An HTML page that may load styles, scripts and pictures from this server, and nothing from elsewhere.
http::Response html_page(std::string html);

/// The answer of a page that is not there for this request: the gateway answers as for any unknown path.
http::Response nothing_here();

/// /assets/*: the style sheets, scripts and licences among the embedded files, revalidated by ETag.
gateway::Page assets_page();

}  // namespace ostiary::pages
