#pragma once

#include <stdexcept>

namespace ostiary {

/// What a setting names is of no use: a file that can't be read, a key that isn't the one. The message is one line for
/// the operator that names the setting, or what it named, and holds no secret.
class WrongSetting : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ostiary
