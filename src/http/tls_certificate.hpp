#pragma once

#include <filesystem>
#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "base/tls_files.hpp"
#include "base/wrong_setting.hpp"
#include "ports/log.hpp"

namespace ostiary::http {

/// A certificate or its key cannot be used. The message names the file and the reason.
class TlsFilesError final : public WrongSetting {
 public:
  using WrongSetting::WrongSetting;
};

/// A server's TLS context: TLS 1.2 and 1.3, HTTP/1.1 by ALPN. Throws TlsFilesError.
std::unique_ptr<boost::asio::ssl::context> read_tls_files(const TlsFiles& files);

/// The certificate for HTTPS. It is read again when its files change, so that a renewal needs no restart. Not
/// thread-safe.
class TlsCertificate {
 public:
  /// Throws TlsFilesError.
  TlsCertificate(TlsFiles files, Log& log);

  /// The context for new connections. Open connections keep theirs.
  boost::asio::ssl::context& context() { return *context_; }

  /// Reads the files again if they have changed. If certificate and key do not match, as in the middle of a renewal,
  /// keeps the old certificate and logs it once.
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
