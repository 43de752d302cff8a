#pragma once

#include <openssl/ec.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.hpp"
#include "crypto/cose_key.hpp"
#include "crypto/digest.hpp"
#include "crypto/jws.hpp"

namespace ostiary::testing {

/// Writes CBOR (RFC 8949) in its shortest form.
class CborWriter {
 public:
  CborWriter& number(std::int64_t value) {
    return value < 0 ? head(1, static_cast<std::uint64_t>(-1 - value)) : head(0, static_cast<std::uint64_t>(value));
  }
  CborWriter& bytes(BytesView value) { return head(2, value.size()).raw(value); }
  CborWriter& text(std::string_view value) { return head(3, value.size()).raw(as_bytes(value)); }
  CborWriter& array(std::size_t size) { return head(4, size); }
  CborWriter& map(std::size_t size) { return head(5, size); }
  CborWriter& raw(BytesView value) {
    written_.insert(written_.end(), value.begin(), value.end());
    return *this;
  }
  const Bytes& written() const { return written_; }

 private:
  CborWriter& head(unsigned major, std::uint64_t value) {
    const unsigned size = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
    const unsigned info = size == 0   ? static_cast<unsigned>(value)
                          : size == 1 ? 24
                          : size == 2 ? 25
                          : size == 4 ? 26
                                      : 27;
    written_.push_back(static_cast<std::uint8_t>(major << 5 | info));
    for (unsigned i = size; i > 0; --i) written_.push_back(static_cast<std::uint8_t>(value >> 8 * (i - 1)));
    return *this;
  }

  Bytes written_;
};

/// An authenticator and its browser in software. What it says is the caller's choice, so it can lie, too.
class SoftwareAuthenticator {
 public:
  static constexpr std::uint8_t present = 0x01, verified = 0x04, eligible = 0x08, backed_up = 0x10;

  /// What one ceremony says.
  struct Said {
    std::string rp_id = "example.org";
    std::string origin = "https://example.org";
    std::string type = {};             ///< by default the ceremony's
    std::string more_client_data = {};  ///< further members, each with a comma before it
    std::uint8_t flags = present | verified;
    std::uint32_t sign_count = 0;
  };

  struct Registered {
    Bytes id, client_data_json, attestation_object;
  };
  struct Asserted {
    Bytes id, client_data_json, authenticator_data, signature;
  };

  explicit SoftwareAuthenticator(crypto::JwsAlgorithm algorithm = crypto::JwsAlgorithm::es256,
                                 Bytes id = SystemRandom().bytes(32))
      : key_(crypto::generate_key(algorithm)), id_(std::move(id)) {}

  const Bytes& id() const { return id_; }

  Bytes public_key() const {
    const crypto::PublicJwk jwk = key_->public_jwk();
    const auto bytes = [](const std::string& text) { return from_base64url(text).value(); };
    CborWriter key;
    switch (key_->algorithm()) {
      case crypto::JwsAlgorithm::es256:
        key.map(5).number(1).number(2).number(3).number(-7).number(-1).number(1);
        key.number(-2).bytes(bytes(jwk.x)).number(-3).bytes(bytes(jwk.y));
        break;
      case crypto::JwsAlgorithm::eddsa:
        key.map(4).number(1).number(1).number(3).number(-8).number(-1).number(6).number(-2).bytes(bytes(jwk.x));
        break;
      case crypto::JwsAlgorithm::rs256:
        key.map(4)
            .number(1)
            .number(3)
            .number(3)
            .number(-257)
            .number(-1)
            .bytes(bytes(jwk.n))
            .number(-2)
            .bytes(bytes(jwk.e));
        break;
    }
    return key.written();
  }

  /// Authenticator data of a registration. `public_key`: COSE.
  Bytes attested_data(const Said& said, BytesView public_key) const {
    Bytes data = authenticator_data(said, 0x40);
    data.insert(data.end(), 16, 0xaa);
    data.push_back(static_cast<std::uint8_t>(id_.size() >> 8));
    data.push_back(static_cast<std::uint8_t>(id_.size()));
    data.insert(data.end(), id_.begin(), id_.end());
    data.insert(data.end(), public_key.begin(), public_key.end());
    return data;
  }

  static Bytes attestation_object(BytesView data) {
    return CborWriter().map(3).text("fmt").text("none").text("attStmt").map(0).text("authData").bytes(data).written();
  }

  Registered register_for(BytesView challenge, const Said& said) const {
    return {id_, client_data(challenge, said, "webauthn.create"),
            attestation_object(attested_data(said, public_key()))};
  }

  Asserted assert_for(BytesView challenge, const Said& said) const {
    Asserted asserted{id_, client_data(challenge, said, "webauthn.get"), authenticator_data(said, 0), {}};
    asserted.signature = sign(asserted.authenticator_data, asserted.client_data_json);
    return asserted;
  }

  static Bytes client_data(BytesView challenge, const Said& said, std::string_view type) {
    const std::string json = R"({"type":")" + (said.type.empty() ? std::string(type) : said.type) +
                             R"(","challenge":")" + to_base64url(challenge) + R"(","origin":")" + said.origin +
                             R"(","crossOrigin":false)" + said.more_client_data + "}";
    return to_bytes(as_bytes(json));
  }

  static Bytes authenticator_data(const Said& said, std::uint8_t more_flags) {
    const Digest hash = crypto::sha256(as_bytes(said.rp_id));
    Bytes data(hash.begin(), hash.end());
    data.push_back(said.flags | more_flags);
    for (int shift = 24; shift >= 0; shift -= 8) data.push_back(static_cast<std::uint8_t>(said.sign_count >> shift));
    return data;
  }

  Bytes sign(BytesView authenticator_data, BytesView client_data_json) const {
    Bytes message = to_bytes(authenticator_data);
    const Digest hash = crypto::sha256(client_data_json);
    message.insert(message.end(), hash.begin(), hash.end());
    const Bytes raw = key_->sign(message);
    return key_->algorithm() == crypto::JwsAlgorithm::es256 ? der_from(raw) : raw;
  }

 private:
  static Bytes der_from(BytesView raw) {
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(ECDSA_SIG_new(), &ECDSA_SIG_free);
    ECDSA_SIG_set0(signature.get(), BN_bin2bn(raw.data(), 32, nullptr), BN_bin2bn(raw.data() + 32, 32, nullptr));
    Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
    std::uint8_t* end = der.data();
    i2d_ECDSA_SIG(signature.get(), &end);
    return der;
  }

  std::unique_ptr<crypto::JwsKey> key_;
  Bytes id_;
};

}  // namespace ostiary::testing
