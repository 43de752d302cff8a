#include "crypto/cose_key.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.hpp"

namespace ostiary::crypto {
namespace {

constexpr std::pair<JwsAlgorithm, std::int64_t> cose_numbers[] = {
    {JwsAlgorithm::es256, -7}, {JwsAlgorithm::eddsa, -8}, {JwsAlgorithm::rs256, -257}};

// Labels of a COSE key and values of them (RFC 9053, sections 7.1 and 7.2; RFC 8230, section 4).
constexpr std::int64_t kty = 1, alg = 3;
constexpr std::int64_t crv = -1, point_x = -2, point_y = -3;
constexpr std::int64_t rsa_n = -1, rsa_e = -2;
constexpr std::int64_t okp = 1, ec2 = 2, rsa = 3;
constexpr std::int64_t p256 = 1, ed25519 = 6;

bool has_number(const CborValue& map, std::int64_t label, std::int64_t number) {
  const CborValue* const value = map.find(label);
  const auto* const found = value ? value->as<std::int64_t>() : nullptr;
  return found && *found == number;
}

/// As a JWK has it. Empty if the label is absent or no byte string.
std::string base64url_at(const CborValue& map, std::int64_t label) {
  const CborValue* const value = map.find(label);
  const auto* const bytes = value ? value->as<BytesView>() : nullptr;
  return bytes ? to_base64url(*bytes) : std::string();
}

/// The signature as JWS has it: R and S of 32 bytes each. Empty for anything but a DER signature in its one spelling.
std::optional<Bytes> raw_signature(BytesView der) {
  constexpr int coordinate = 32;
  const std::uint8_t* position = der.data();
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())), &ECDSA_SIG_free);
  if (!signature) {
    ERR_clear_error();
    return std::nullopt;
  }
  Bytes again(static_cast<std::size_t>(std::max(0, i2d_ECDSA_SIG(signature.get(), nullptr))));
  std::uint8_t* end = again.data();
  i2d_ECDSA_SIG(signature.get(), &end);
  if (!std::ranges::equal(again, der)) return std::nullopt;
  Bytes raw(2 * coordinate);
  const bool fits = !BN_is_negative(ECDSA_SIG_get0_r(signature.get())) &&
                    !BN_is_negative(ECDSA_SIG_get0_s(signature.get())) &&
                    BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), coordinate) == coordinate &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + coordinate, coordinate) == coordinate;
  if (!fits) {
    ERR_clear_error();
    return std::nullopt;
  }
  return raw;
}

}  // namespace

std::int64_t cose_number_of(JwsAlgorithm algorithm) {
  return std::ranges::find(cose_numbers, algorithm, &std::pair<JwsAlgorithm, std::int64_t>::first)->second;
}

std::optional<JwsAlgorithm> algorithm_of(const CborValue& cose_key) {
  for (const auto& [algorithm, number] : cose_numbers) {
    if (has_number(cose_key, alg, number)) return algorithm;
  }
  return std::nullopt;
}

std::unique_ptr<JwsKey> load_cose_key(const CborValue& cose_key) {
  const auto algorithm = algorithm_of(cose_key);
  if (!algorithm) return nullptr;
  PublicJwk jwk;
  switch (*algorithm) {
    case JwsAlgorithm::es256:
      if (!has_number(cose_key, kty, ec2) || !has_number(cose_key, crv, p256)) return nullptr;
      jwk.kty = "EC", jwk.crv = "P-256";
      jwk.x = base64url_at(cose_key, point_x), jwk.y = base64url_at(cose_key, point_y);
      break;
    case JwsAlgorithm::eddsa:
      if (!has_number(cose_key, kty, okp) || !has_number(cose_key, crv, ed25519)) return nullptr;
      jwk.kty = "OKP", jwk.crv = "Ed25519", jwk.x = base64url_at(cose_key, point_x);
      break;
    case JwsAlgorithm::rs256:
      if (!has_number(cose_key, kty, rsa)) return nullptr;
      jwk.kty = "RSA", jwk.n = base64url_at(cose_key, rsa_n), jwk.e = base64url_at(cose_key, rsa_e);
      break;
  }
  return load_public_key(*algorithm, jwk);
}

bool verify_webauthn_signature(const JwsKey& key, BytesView message, BytesView signature) {
  if (key.algorithm() != JwsAlgorithm::es256) return key.verify(message, signature);
  const auto raw = raw_signature(signature);
  return raw && key.verify(message, *raw);
}

}  // namespace ostiary::crypto
