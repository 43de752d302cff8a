#pragma once

#include <string>

#include "config.hpp"

namespace ostiary::cli {

/// The current settings for a terminal: value, origin and meaning.
std::string config_listing(const Config& config);

/// The same as one JSON document: {"settings": [{"name", "value", "origin", "section", "meaning"}]}; the value is null
/// if there is none, and `********` for a secret that is set.
std::string config_json(const Config& config);

/// docs/configuration.md: every setting with its default and its meaning.
std::string config_manual();

}  // namespace ostiary::cli
