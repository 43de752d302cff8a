#pragma once

#include <stdexcept>

namespace ostiary {

/// A setting names something unusable: an unreadable file, a wrong key. The message is one line for the operator that
/// names the setting or its value and contains no secret.
class WrongSetting : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ostiary
