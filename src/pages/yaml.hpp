#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace ostiary::pages {

/// The value as a YAML 1.2 document in block style. All strings are in double quotes, so that none is read as another
/// type; keys that are plain words are not quoted.
std::string to_yaml(const boost::json::value& value);

}  // namespace ostiary::pages
