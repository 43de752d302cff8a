#pragma once

#include <filesystem>
#include <stdexcept>

#include "base/random.hpp"
#include "base/secret.hpp"

namespace ostiary::vault {

/// The master key file can't be used; what it says is one line that names it.
class MasterKeyError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The development master key: 32 random bytes in `folder`/master.key, in base64url, readable by its owner only. Made
/// where it is missing, and on the disk before this returns. Whoever loses it loses what is sealed under it.
Secret development_master_key(const std::filesystem::path& folder, Random& random);

}  // namespace ostiary::vault
