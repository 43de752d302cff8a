#pragma once

#include <filesystem>
#include <stdexcept>

#include "base/random.hpp"
#include "base/secret.hpp"

namespace ostiary::vault {

/// The master key file cannot be used. The message is one line that names the file.
class MasterKeyError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The development master key: 32 random bytes in `folder`/master.key, in base64url, readable by its owner only.
/// Created if it is missing, and on disk before this returns. If it is lost, everything encrypted with it is lost.
Secret development_master_key(const std::filesystem::path& folder, Random& random);

}  // namespace ostiary::vault
