#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ostiary::pages {

/// `text` as it may stand in HTML, between tags or in a quoted attribute.
std::string escape_html(std::string_view text);

/// `page` with {{name}} replaced by the value's escaped text, {{{name}}} by the value as it is. Throws std::logic_error
/// for a name that has no value: the page and its code do not fit.
std::string fill_page(std::string_view page, const std::map<std::string_view, std::string>& values);

}  // namespace ostiary::pages
