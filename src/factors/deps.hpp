#pragma once

#include <string>
#include <vector>

#include "accounts/deps.hpp"
#include "crypto/webauthn.hpp"

namespace ostiary::factors {

/// The dependencies of the factors room. Everything must outlive it.
struct Deps {
  accounts::Deps& accounts;
  crypto::RelyingParty relying_party{};        ///< of WebAuthn
  std::vector<std::string> related_origins{};  ///< those of its origins that are pages of other sites
};

}  // namespace ostiary::factors
