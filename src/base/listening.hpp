#pragma once

#include <stdexcept>

namespace ostiary {

/// A transport can't listen where it was told to: the message is one line that names the place and why, as in
/// "cannot listen on 127.0.0.1:8001: Address already in use".
class ListenError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace ostiary
