#include "crypto/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium/crypto_shorthash.h>

#include <bit>
#include <memory>

#include "crypto/openssl.hpp"

namespace ostiary::crypto {
namespace {

struct FreeMd {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

/// Fetched once: an implicit fetch on each call costs more than the hashing, and threads contend for it.
const EVP_MD* sha256_method() {
  static const std::unique_ptr<EVP_MD, FreeMd> method(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  require(method != nullptr, "compute a digest");
  return method.get();
}

std::unique_ptr<EVP_MAC_CTX, FreeMac> make_hmac_context() {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  require(mac != nullptr, "compute a digest");
  std::unique_ptr<EVP_MAC_CTX, FreeMac> context(EVP_MAC_CTX_new(mac.get()));
  require(context != nullptr, "compute a digest");
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  require(EVP_MAC_CTX_set_params(context.get(), parameters) == 1, "compute a digest");
  return context;
}

/// An HMAC-SHA-256 in the making, on this thread's context. Only one at a time exists on a thread.
class Hmac {
 public:
  explicit Hmac(BytesView key) : context_(this_threads_context()) {
    // A null key would mean "the same key again".
    static constexpr std::uint8_t no_bytes = 0;
    require(EVP_MAC_init(context_, key.empty() ? &no_bytes : key.data(), key.size(), nullptr) == 1, "compute a digest");
  }

  void add(BytesView bytes) { require(EVP_MAC_update(context_, bytes.data(), bytes.size()) == 1, "compute a digest"); }

  Digest finish() {
    Digest result;
    std::size_t written = 0;
    require(EVP_MAC_final(context_, result.data(), &written, result.size()) == 1 && written == result.size(),
            "compute a digest");
    return result;
  }

 private:
  static EVP_MAC_CTX* this_threads_context() {
    thread_local const std::unique_ptr<EVP_MAC_CTX, FreeMac> context = make_hmac_context();
    return context.get();
  }

  EVP_MAC_CTX* context_;
};

std::array<std::uint8_t, 8> big_endian(std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return bytes;
}

}  // namespace

Digest sha256(BytesView bytes) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeMd> context(EVP_MD_CTX_new());
  require(context != nullptr, "compute a digest");
  Digest result;
  require(EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr) == 1, "compute a digest");
  require(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1, "compute a digest");
  require(EVP_DigestFinal_ex(context.get(), result.data(), nullptr) == 1, "compute a digest");
  return result;
}

Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts) {
  Hmac hmac(key);
  for (const BytesView part : parts) {
    hmac.add(big_endian(part.size()));
    hmac.add(part);
  }
  return hmac.finish();
}

Digest plain_hmac_sha256(BytesView key, BytesView message) {
  Hmac hmac(key);
  hmac.add(message);
  return hmac.finish();
}

Bytes derive_key(BytesView master, std::string_view purpose) {
  // RFC 5869 with an output of one block: T(1) = HMAC(PRK, info | 0x01); no salt stands for as many zeros as a block.
  Digest pseudorandom_key = plain_hmac_sha256(Digest{}, master);
  Hmac expand(pseudorandom_key);
  expand.add(as_bytes(purpose));
  expand.add(std::array<std::uint8_t, 1>{1});
  const Digest key = expand.finish();
  OPENSSL_cleanse(pseudorandom_key.data(), pseudorandom_key.size());
  return {key.begin(), key.end()};
}

std::uint64_t short_hash(const std::array<std::uint8_t, 16>& key, std::string_view text) {
  static_assert(std::tuple_size_v<std::remove_cvref_t<decltype(key)>> == crypto_shorthash_KEYBYTES);
  std::array<std::uint8_t, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data());
  return std::bit_cast<std::uint64_t>(hash);
}

bool equal_in_constant_time(BytesView left, BytesView right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace ostiary::crypto
