#include "server/tls_certificate.hpp"

#include <openssl/ssl.h>

#include "server/listening.hpp"

namespace ostiary::server {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

constexpr unsigned char protocols[] = "\x08http/1.1\x08http/1.0";

/// Whoever offers other protocols only is told so in the handshake (RFC 7301, section 3.2).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  unsigned char* out = nullptr;
  const int outcome = SSL_select_next_proto(&out, length, protocols, sizeof protocols - 1, offered, offered_length);
  *chosen = out;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::unique_ptr<ssl::context> read(const TlsFiles& files) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  auto* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  error_code error;
  // An encrypted key is refused, rather than asked for its password on the terminal.
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); });
  context->use_certificate_chain_file(files.chain.string(), error);
  if (error) throw ListenError("TLS_CERT_FILE=" + files.chain.string() + ": no certificate chain in PEM can be read");
  context->use_private_key_file(files.key.string(), ssl::context::pem, error);
  if (error) {
    throw ListenError("TLS_KEY_FILE=" + files.key.string() +
                      ": no private key in PEM can be read that fits the certificate");
  }
  return context;
}

}  // namespace

TlsCertificate::TlsCertificate(TlsFiles files, Log& log)
    : files_(std::move(files)), log_(log), seen_(stamp()), context_(read(files_)) {}

TlsCertificate::Stamp TlsCertificate::stamp() const {
  std::error_code missing;
  return {std::filesystem::last_write_time(files_.chain, missing),
          std::filesystem::last_write_time(files_.key, missing)};
}

void TlsCertificate::look() {
  const auto now = stamp();
  if (now == seen_) return;
  seen_ = now;
  try {
    context_ = read(files_);
    log_.write(LogLevel::info, "tls.reloaded", {{"file", files_.chain.string()}});
  } catch (const ListenError& error) {
    log_.write(LogLevel::warning, "tls.not_reloaded", {{"reason", error.what()}});
  }
}

}  // namespace ostiary::server
