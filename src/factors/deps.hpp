#pragma once

#include "accounts/deps.hpp"

namespace ostiary::factors {

/// The dependencies of the factors room. Everything must outlive it.
struct Deps {
  accounts::Deps& accounts;
};

}  // namespace ostiary::factors
