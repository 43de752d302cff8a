#pragma once

#include <filesystem>

namespace ostiary {

/// The PEM files of a server's certificate: the chain, beginning with its own certificate, and the private key.
struct TlsFiles {
  std::filesystem::path chain, key;

  bool given() const { return !chain.empty(); }
};

}  // namespace ostiary
