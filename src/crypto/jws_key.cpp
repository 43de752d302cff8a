#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <algorithm>
#include <stdexcept>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "crypto/jws.hpp"
#include "crypto/openssl.hpp"

namespace ostiary::crypto {
namespace {

constexpr std::size_t coordinate_size = 32;
constexpr int fewest_rsa_bits = 2048;
constexpr int most_rsa_bits = 8192;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD* method) const { EVP_MD_free(method); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(PKCS8_PRIV_KEY_INFO* info) const { PKCS8_PRIV_KEY_INFO_free(info); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// OpenSSL keeps its errors in the thread, where they would puzzle whoever asks next.
Owned<EVP_PKEY_CTX> context_for(EVP_PKEY* key) {
  Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  require(context != nullptr, "use a key");
  return context;
}

Owned<BIGNUM> number_from(BytesView bytes) {
  Owned<BIGNUM> number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  require(number != nullptr, "read a number");
  return number;
}

Owned<BIGNUM> number_of(const EVP_PKEY* key, const char* parameter) {
  BIGNUM* number = nullptr;
  require(EVP_PKEY_get_bn_param(key, parameter, &number) == 1, "read a key");
  return Owned<BIGNUM>(number);
}

/// Big-endian in `size` bytes, or in as few as it takes.
Bytes bytes_of(const BIGNUM* number, std::size_t size = 0) {
  Bytes bytes(size ? size : static_cast<std::size_t>(BN_num_bytes(number)));
  require(BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) >= 0, "write a number");
  return bytes;
}

/// Whether the key is of a kind and size that we accept.
bool is_allowed(const EVP_PKEY* key, JwsAlgorithm algorithm) {
  if (algorithm == JwsAlgorithm::es256) {
    char group[32];
    std::size_t length = 0;
    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &length) == 1 &&
           std::string_view(group, length) == SN_X9_62_prime256v1;
  }
  if (!EVP_PKEY_is_a(key, "RSA")) return false;
  const Owned<BIGNUM> modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  const Owned<BIGNUM> exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  const int bits = BN_num_bits(modulus.get());
  return bits >= fewest_rsa_bits && bits <= most_rsa_bits && BN_is_odd(modulus.get()) && BN_is_odd(exponent.get()) &&
         !BN_is_one(exponent.get()) && BN_cmp(exponent.get(), modulus.get()) < 0;
}

/// ES256 and RS256. Each call has a context of its own over the shared key, which OpenSSL only reads.
class OpenSslKey final : public JwsKey {
 public:
  OpenSslKey(JwsAlgorithm algorithm, Owned<EVP_PKEY> key) : algorithm_(algorithm), key_(std::move(key)) {}

  JwsAlgorithm algorithm() const override { return algorithm_; }

  Bytes sign(BytesView message) const override {
    const Owned<EVP_PKEY_CTX> context = context_for(key_.get());
    require(EVP_PKEY_sign_init(context.get()) == 1, "sign");
    choose_scheme(context.get());
    const Digest digest = sha256(message);
    Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
    std::size_t size = signature.size();
    require(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) == 1, "sign");
    signature.resize(size);
    return algorithm_ == JwsAlgorithm::es256 ? raw_from_der(signature) : signature;
  }

  bool verify(BytesView message, BytesView signature) const override {
    Bytes presented = to_bytes(signature);
    if (algorithm_ == JwsAlgorithm::es256) {
      if (signature.size() != 2 * coordinate_size) return false;
      presented = der_from_raw(signature);
    }
    const Owned<EVP_PKEY_CTX> context = context_for(key_.get());
    require(EVP_PKEY_verify_init(context.get()) == 1, "verify");
    choose_scheme(context.get());
    const Digest digest = sha256(message);
    const bool fits =
        EVP_PKEY_verify(context.get(), presented.data(), presented.size(), digest.data(), digest.size()) == 1;
    if (!fits) ERR_clear_error();
    return fits;
  }

  PublicJwk public_jwk() const override {
    if (algorithm_ == JwsAlgorithm::es256) {
      return {.kty = "EC",
              .crv = "P-256",
              .x = to_base64url(bytes_of(number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X).get(), coordinate_size)),
              .y = to_base64url(bytes_of(number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y).get(), coordinate_size)),
              .n = {},
              .e = {}};
    }
    return {.kty = "RSA",
            .crv = {},
            .x = {},
            .y = {},
            .n = to_base64url(bytes_of(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N).get())),
            .e = to_base64url(bytes_of(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E).get()))};
  }

  Bytes private_bytes() const override {
    const Owned<PKCS8_PRIV_KEY_INFO> info(EVP_PKEY2PKCS8(key_.get()));
    require(info != nullptr, "write a private key");
    const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
    require(size > 0, "write a private key");
    Bytes der(static_cast<std::size_t>(size));
    std::uint8_t* end = der.data();
    require(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &end) == size, "write a private key");
    return der;
  }

 private:
  void choose_scheme(EVP_PKEY_CTX* context) const {
    if (algorithm_ != JwsAlgorithm::rs256) return;
    static const Owned<EVP_MD> sha256_method(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1, "choose PKCS #1 v1.5");
    require(EVP_PKEY_CTX_set_signature_md(context, sha256_method.get()) == 1, "choose SHA-256");
  }

  static Bytes raw_from_der(BytesView der) {
    const std::uint8_t* position = der.data();
    const Owned<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())));
    require(signature != nullptr, "read its own signature");
    Bytes raw = bytes_of(ECDSA_SIG_get0_r(signature.get()), coordinate_size);
    std::ranges::copy(bytes_of(ECDSA_SIG_get0_s(signature.get()), coordinate_size), std::back_inserter(raw));
    return raw;
  }

  /// Keeps values out of range: the verification refuses them.
  static Bytes der_from_raw(BytesView raw) {
    Owned<BIGNUM> r = number_from(raw.first(coordinate_size));
    Owned<BIGNUM> s = number_from(raw.last(coordinate_size));
    const Owned<ECDSA_SIG> signature(ECDSA_SIG_new());
    require(signature && ECDSA_SIG_set0(signature.get(), r.get(), s.get()) == 1, "read a signature");
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
    std::uint8_t* end = der.data();
    i2d_ECDSA_SIG(signature.get(), &end);
    return der;
  }

  JwsAlgorithm algorithm_;
  Owned<EVP_PKEY> key_;
};

/// EdDSA over Ed25519, by libsodium, which refuses keys and signatures of small order and non-canonical ones.
class Ed25519Key final : public JwsKey {
 public:
  static std::unique_ptr<JwsKey> from_seed(BytesView seed) {
    if (seed.size() != crypto_sign_SEEDBYTES) throw std::runtime_error("an Ed25519 seed has 32 bytes");
    auto key = std::unique_ptr<Ed25519Key>(new Ed25519Key);
    crypto_sign_seed_keypair(key->public_.data(), key->secret_.data(), seed.data());
    key->is_pair_ = true;
    return key;
  }

  static std::unique_ptr<JwsKey> from_public(BytesView point) {
    if (point.size() != crypto_sign_PUBLICKEYBYTES) return nullptr;
    auto key = std::unique_ptr<Ed25519Key>(new Ed25519Key);
    std::ranges::copy(point, key->public_.begin());
    if (crypto_core_ed25519_is_valid_point(key->public_.data()) != 1) return nullptr;
    return key;
  }

  ~Ed25519Key() override { sodium_memzero(secret_.data(), secret_.size()); }
  Ed25519Key(const Ed25519Key&) = delete;
  Ed25519Key& operator=(const Ed25519Key&) = delete;

  JwsAlgorithm algorithm() const override { return JwsAlgorithm::eddsa; }

  Bytes sign(BytesView message) const override {
    require_pair();
    Bytes signature(crypto_sign_BYTES);
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_.data());
    return signature;
  }

  bool verify(BytesView message, BytesView signature) const override {
    return signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(signature.data(), message.data(), message.size(), public_.data()) == 0;
  }

  PublicJwk public_jwk() const override {
    return {.kty = "OKP", .crv = "Ed25519", .x = to_base64url(public_), .y = {}, .n = {}, .e = {}};
  }

  Bytes private_bytes() const override {
    require_pair();
    return {secret_.begin(), secret_.begin() + crypto_sign_SEEDBYTES};
  }

 private:
  Ed25519Key() { require(sodium_init() >= 0, "start libsodium"); }

  void require_pair() const {
    if (!is_pair_) throw std::logic_error("a public key has no private half");
  }

  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret_{};
  bool is_pair_ = false;
};

/// A public key out of its parameters; nothing where OpenSSL finds no sense in them.
Owned<EVP_PKEY> build_public_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  require(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1, "build a key");
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) ERR_clear_error();
  return Owned<EVP_PKEY>(key);
}

std::unique_ptr<JwsKey> load_p256(const PublicJwk& jwk) {
  const auto x = from_base64url(jwk.x);
  const auto y = from_base64url(jwk.y);
  if (jwk.kty != "EC" || jwk.crv != "P-256" || !x || !y) return nullptr;
  if (x->size() != coordinate_size || y->size() != coordinate_size) return nullptr;
  Bytes point{POINT_CONVERSION_UNCOMPRESSED};
  point.insert(point.end(), x->begin(), x->end());
  point.insert(point.end(), y->begin(), y->end());
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  require(builder &&
              OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) == 1 &&
              OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1,
          "build a key");
  Owned<EVP_PKEY> key = build_public_key("EC", builder.get());
  if (!key || EVP_PKEY_public_check(context_for(key.get()).get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return std::make_unique<OpenSslKey>(JwsAlgorithm::es256, std::move(key));
}

std::unique_ptr<JwsKey> load_rsa(const PublicJwk& jwk) {
  constexpr std::size_t most_bytes = most_rsa_bits / 8;
  const auto n = from_base64url(jwk.n);
  const auto e = from_base64url(jwk.e);
  if (jwk.kty != "RSA" || !n || !e || n->empty() || e->empty()) return nullptr;
  // RFC 7518, section 2: as few octets as it takes.
  if (n->front() == 0 || e->front() == 0 || n->size() > most_bytes || e->size() > most_bytes) return nullptr;
  const Owned<BIGNUM> modulus = number_from(*n);
  const Owned<BIGNUM> exponent = number_from(*e);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  require(builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
              OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1,
          "build a key");
  Owned<EVP_PKEY> key = build_public_key("RSA", builder.get());
  if (!key || !is_allowed(key.get(), JwsAlgorithm::rs256)) return nullptr;
  return std::make_unique<OpenSslKey>(JwsAlgorithm::rs256, std::move(key));
}

}  // namespace

std::unique_ptr<JwsKey> generate_key(JwsAlgorithm algorithm) {
  if (algorithm == JwsAlgorithm::eddsa) {
    require(sodium_init() >= 0, "start libsodium");
    std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed;
    randombytes_buf(seed.data(), seed.size());
    auto key = Ed25519Key::from_seed(seed);
    sodium_memzero(seed.data(), seed.size());
    return key;
  }
  Owned<EVP_PKEY> key(algorithm == JwsAlgorithm::es256 ? EVP_EC_gen(SN_X9_62_prime256v1)
                                                       : EVP_RSA_gen(static_cast<unsigned int>(fewest_rsa_bits)));
  require(key != nullptr, "generate a key");
  return std::make_unique<OpenSslKey>(algorithm, std::move(key));
}

std::unique_ptr<JwsKey> load_key(JwsAlgorithm algorithm, BytesView private_bytes) {
  if (algorithm == JwsAlgorithm::eddsa) return Ed25519Key::from_seed(private_bytes);
  const std::uint8_t* position = private_bytes.data();
  const Owned<PKCS8_PRIV_KEY_INFO> info(
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &position, static_cast<long>(private_bytes.size())));
  require(info && position == private_bytes.data() + private_bytes.size(), "read a private key");
  Owned<EVP_PKEY> key(EVP_PKCS82PKEY(info.get()));
  require(key && is_allowed(key.get(), algorithm) && EVP_PKEY_pairwise_check(context_for(key.get()).get()) == 1,
          "load a private key");
  return std::make_unique<OpenSslKey>(algorithm, std::move(key));
}

std::unique_ptr<JwsKey> load_public_key(JwsAlgorithm algorithm, const PublicJwk& jwk) {
  switch (algorithm) {
    case JwsAlgorithm::es256: return load_p256(jwk);
    case JwsAlgorithm::rs256: return load_rsa(jwk);
    case JwsAlgorithm::eddsa: {
      const auto point = from_base64url(jwk.x);
      if (jwk.kty != "OKP" || jwk.crv != "Ed25519" || !point) return nullptr;
      return Ed25519Key::from_public(*point);
    }
  }
  return nullptr;
}

}  // namespace ostiary::crypto
