#include "crypto/seal.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "crypto/openssl.hpp"

namespace ostiary::crypto {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t overhead = 1 + nonce_size + tag_size;

struct FreeCipher {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

/// OpenSSL counts in int.
int count(std::size_t size) {
  if (size > std::numeric_limits<int>::max()) throw std::length_error("too long to encrypt in one piece");
  return static_cast<int>(size);
}

/// A context set to `key` and `nonce`, with `associated` taken in.
CipherContext start(bool encrypt, BytesView key, BytesView nonce, std::string_view associated) {
  static const std::unique_ptr<EVP_CIPHER, FreeCipher> cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  if (key.size() != key_size) throw std::invalid_argument("AES-256-GCM takes a key of 32 bytes");
  CipherContext context(EVP_CIPHER_CTX_new());
  require(cipher != nullptr && context != nullptr, "encrypt or decrypt");
  require(EVP_CipherInit_ex2(context.get(), cipher.get(), key.data(), nonce.data(), encrypt ? 1 : 0, nullptr) == 1,
          "encrypt or decrypt");
  if (!associated.empty()) {
    int taken = 0;
    const BytesView bytes = as_bytes(associated);
    require(EVP_CipherUpdate(context.get(), nullptr, &taken, bytes.data(), count(bytes.size())) == 1,
            "encrypt or decrypt");
  }
  return context;
}

void transform(EVP_CIPHER_CTX* context, BytesView from, std::uint8_t* to) {
  // For OpenSSL a call with no input bytes and no output would end the message.
  if (from.empty()) return;
  int written = 0;
  require(EVP_CipherUpdate(context, to, &written, from.data(), count(from.size())) == 1, "encrypt or decrypt");
  require(static_cast<std::size_t>(written) == from.size(), "encrypt or decrypt");
}

}  // namespace

Bytes seal(BytesView key, BytesView plaintext, std::string_view context, Random& random) {
  Bytes sealed(overhead + plaintext.size());
  sealed[0] = version;
  const std::span<std::uint8_t> nonce = std::span(sealed).subspan(1, nonce_size);
  random.fill(nonce);
  const CipherContext cipher = start(true, key, nonce, context);
  std::uint8_t* const ciphertext = sealed.data() + 1 + nonce_size;
  std::uint8_t* const tag = ciphertext + plaintext.size();
  transform(cipher.get(), plaintext, ciphertext);
  int written = 0;
  require(EVP_CipherFinal_ex(cipher.get(), tag, &written) == 1 && written == 0, "encrypt or decrypt");
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag) == 1, "encrypt or decrypt");
  return sealed;
}

std::optional<Bytes> open(BytesView key, BytesView sealed, std::string_view context) {
  if (sealed.size() < overhead || sealed[0] != version) return std::nullopt;
  const BytesView nonce = sealed.subspan(1, nonce_size);
  const BytesView ciphertext = sealed.subspan(1 + nonce_size, sealed.size() - overhead);
  std::array<std::uint8_t, tag_size> tag;
  std::ranges::copy(sealed.last(tag_size), tag.begin());
  const CipherContext cipher = start(false, key, nonce, context);
  Bytes plaintext(ciphertext.size());
  transform(cipher.get(), ciphertext, plaintext.data());
  require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1, "encrypt or decrypt");
  int written = 0;
  std::uint8_t nothing_more = 0;
  if (EVP_CipherFinal_ex(cipher.get(), &nothing_more, &written) != 1) return std::nullopt;
  return plaintext;
}

}  // namespace ostiary::crypto
