#pragma once

#include <filesystem>
#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "base/tls_files.hpp"
#include "base/wrong_setting.hpp"
#include "ports/log.hpp"

namespace ostiary::http {

/// A certificate or its key can't be used: the message names the file and says why.
class TlsFilesError final : public WrongSetting {
 public:
  using WrongSetting::WrongSetting;
};

/// What a server speaks TLS with: 1.2 and 1.3, HTTP/1.1 by ALPN. Throws TlsFilesError.
std::unique_ptr<boost::asio::ssl::context> read_tls_files(const TlsFiles& files);

/// The certificate that HTTPS shows. Read again when its files change, so that a
/// renewal needs no restart. Not thread-safe.
class TlsCertificate {
 public:
  /// Throws TlsFilesError.
  TlsCertificate(TlsFiles files, Log& log);

  /// For a new connection; those that are open keep theirs.
  boost::asio::ssl::context& context() { return *context_; }

  /// Reads the files again if they have changed. While they don't fit together, as in the middle of a renewal, the
  /// certificate stays as it was, and the log says so once.
  void look();

 private:
  struct Stamp {
    std::filesystem::file_time_type chain, key;
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp() const;

  TlsFiles files_;
  Log& log_;
  Stamp seen_;
  std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace ostiary::http
