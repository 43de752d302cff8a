#pragma once

#include <string>

#include "config.hpp"

namespace ostiary::cli {

/// The settings in force, for a terminal: what they are, where that comes from, what they mean.
std::string config_listing(const Config& config);

/// docs/configuration.md: every setting with its default and its meaning.
std::string config_manual();

}  // namespace ostiary::cli
