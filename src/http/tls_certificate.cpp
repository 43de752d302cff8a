#include "http/tls_certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace ostiary::http {

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

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Free>;

/// A setting that names a file.
struct NamedFile {
  std::string_view setting;
  const std::filesystem::path& path;

  TlsFilesError error(const std::string& why) const {
    ERR_clear_error();  // what OpenSSL noted would be taken for an open connection's
    return TlsFilesError(std::string(setting) + "=" + path.string() + ": " + why);
  }

  Bio open() const {
    errno = 0;
    Bio file(BIO_new_file(path.c_str(), "r"));
    const int number = errno;
    if (!file || std::filesystem::is_directory(path)) {
      throw error("can't be read: " + std::generic_category().message(file ? EISDIR : number));
    }
    return file;
  }
};

/// An encrypted key is refused, rather than asked for its password on the terminal.
int note_encryption(char*, int, int, void* is_encrypted) {
  *static_cast<bool*>(is_encrypted) = true;
  return -1;
}

PrivateKey read_key(const NamedFile& file) {
  bool is_encrypted = false;
  PrivateKey key(PEM_read_bio_PrivateKey(file.open().get(), nullptr, note_encryption, &is_encrypted));
  if (is_encrypted) throw file.error("the key is encrypted; `openssl pkey` writes it without a password");
  if (!key) throw file.error("it holds no private key in PEM");
  return key;
}

}  // namespace

std::unique_ptr<ssl::context> read_tls_files(const TlsFiles& files) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  auto* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  const NamedFile chain{"TLS_CERT_FILE", files.chain};
  const NamedFile key{"TLS_KEY_FILE", files.key};
  chain.open();
  error_code error;
  context->use_certificate_chain_file(files.chain.string(), error);
  if (error) throw chain.error("it holds no certificate chain in PEM (" + error.message() + ")");
  const auto private_key = read_key(key);
  if (SSL_CTX_use_PrivateKey(native, private_key.get()) != 1) {
    const auto* const reason = ERR_reason_error_string(ERR_get_error());
    throw key.error("the key does not fit the certificate in " + files.chain.string() + " (" +
                    (reason ? reason : "no reason given") + ")");
  }
  return context;
}

TlsCertificate::TlsCertificate(TlsFiles files, Log& log)
    : files_(std::move(files)), log_(log), seen_(stamp()), context_(read_tls_files(files_)) {}

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
    context_ = read_tls_files(files_);
    log_.write(LogLevel::info, "tls.reloaded", {{"file", files_.chain.string()}});
  } catch (const TlsFilesError& error) {
    log_.write(LogLevel::warning, "tls.not_reloaded", {{"reason", error.what()}});
  }
}

}  // namespace ostiary::http
