#pragma once

#include <filesystem>

namespace ostiary {

/// Where a server's certificate lies, in PEM: the chain, its own certificate first, and the private key.
struct TlsFiles {
  std::filesystem::path chain, key;

  bool given() const { return !chain.empty(); }
};

}  // namespace ostiary
