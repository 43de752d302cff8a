#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace ostiary::pages {

/// The value as a YAML 1.2 document in block style. Every text stands in double quotes, so that none is taken for
/// something else; keys that are plain words stand bare.
std::string to_yaml(const boost::json::value& value);

}  // namespace ostiary::pages
