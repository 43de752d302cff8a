#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "crypto/jws.hpp"
#include "crypto/seal.hpp"
#include "source_folder.hpp"

namespace ostiary::crypto {
namespace {

namespace json = boost::json;

json::array groups_of(const std::string& name) {
  std::ifstream file(OSTIARY_SOURCE_DIR "/tests/vectors/wycheproof/" + name);
  if (!file) throw std::runtime_error("no vectors named " + name);
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).at("testGroups").as_array();
}

std::string text_of(const json::value& object, std::string_view member) {
  const json::value* value = object.as_object().if_contains({member.data(), member.size()});
  return value && value->is_string() ? std::string(value->as_string().c_str(), value->as_string().size())
                                     : std::string();
}

Bytes from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return bytes;
}

Bytes hex_of(const json::value& object, std::string_view member) { return from_hex(text_of(object, member)); }

PublicJwk jwk_of(const json::value& jwk) {
  return {text_of(jwk, "kty"), text_of(jwk, "crv"), text_of(jwk, "x"),
          text_of(jwk, "y"),   text_of(jwk, "n"),   text_of(jwk, "e")};
}

std::string name_of_case(const json::value& group, const json::value& test) {
  return json::serialize(test.at("tcId")) + " " + text_of(test, "comment") + " " + text_of(group, "comment");
}

struct Count {
  int accepted = 0, refused = 0, outside = 0;
  bool operator==(const Count&) const = default;
};

std::ostream& operator<<(std::ostream& stream, const Count& count) {
  return stream << count.accepted << " accepted, " << count.refused << " refused, " << count.outside << " outside";
}

/// Hands out the nonce of the case.
class GivenRandom final : public Random {
 public:
  explicit GivenRandom(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> target) override {
    ASSERT_EQ(target.size(), bytes_.size());
    std::ranges::copy(bytes_, target.begin());
  }

 private:
  Bytes bytes_;
};

/// Our functions against the cases of one signature algorithm. "acceptable" ones are legacy: we refuse them.
Count decide_signatures(const std::string& file, JwsAlgorithm algorithm, const char* key_member) {
  Count count;
  for (const json::value& group : groups_of(file)) {
    const auto key = load_public_key(algorithm, jwk_of(group.at(key_member)));
    EXPECT_TRUE(key) << file;
    if (!key) continue;
    for (const json::value& test : group.at("tests").as_array()) {
      const bool accepted = key->verify(hex_of(test, "msg"), hex_of(test, "sig"));
      EXPECT_EQ(accepted, text_of(test, "result") == "valid") << name_of_case(group, test);
      ++(accepted ? count.accepted : count.refused);
    }
  }
  return count;
}

TEST(Wycheproof, Es256) {
  Count count;
  // Some keys come without a JWK; their point is the same two coordinates.
  for (const json::value& group : groups_of("ecdsa_secp256r1_sha256_p1363_test.json")) {
    const Bytes point = hex_of(group.at("publicKey"), "uncompressed");
    ASSERT_EQ(point.size(), 65U);
    const auto key = load_public_key(JwsAlgorithm::es256, {"EC", "P-256", to_base64url(BytesView(point).subspan(1, 32)),
                                                           to_base64url(BytesView(point).subspan(33)), "", ""});
    ASSERT_TRUE(key);
    for (const json::value& test : group.at("tests").as_array()) {
      const bool accepted = key->verify(hex_of(test, "msg"), hex_of(test, "sig"));
      EXPECT_EQ(accepted, text_of(test, "result") == "valid") << name_of_case(group, test);
      ++(accepted ? count.accepted : count.refused);
    }
  }
  EXPECT_EQ(count, (Count{173, 89, 0}));
}

TEST(Wycheproof, EdDsa) {
  EXPECT_EQ(decide_signatures("ed25519_test.json", JwsAlgorithm::eddsa, "publicKeyJwk"), (Count{88, 63, 0}));
}

TEST(Wycheproof, Rs256) {
  EXPECT_EQ(decide_signatures("rsa_signature_2048_sha256_test.json", JwsAlgorithm::rs256, "keyJwk"),
            (Count{9, 250, 0}));
}

TEST(Wycheproof, Aes256Gcm) {
  Count count;
  for (const json::value& group : groups_of("aes_gcm_test.json")) {
    const bool ours = group.at("keySize") == 256 && group.at("ivSize") == 96 && group.at("tagSize") == 128;
    for (const json::value& test : group.at("tests").as_array()) {
      if (!ours) {
        ++count.outside;
        continue;
      }
      const Bytes nonce = hex_of(test, "iv"), plaintext = hex_of(test, "msg"), associated = hex_of(test, "aad");
      Bytes sealed{1};
      for (const Bytes& part : {nonce, hex_of(test, "ct"), hex_of(test, "tag")}) {
        sealed.insert(sealed.end(), part.begin(), part.end());
      }
      const auto opened = open(hex_of(test, "key"), sealed, as_text(associated));
      const bool valid = text_of(test, "result") == "valid";
      EXPECT_EQ(opened.has_value(), valid) << name_of_case(group, test);
      if (valid) {
        GivenRandom random(nonce);
        EXPECT_EQ(opened, plaintext) << name_of_case(group, test);
        EXPECT_EQ(seal(hex_of(test, "key"), plaintext, as_text(associated), random), sealed);
      }
      ++(opened ? count.accepted : count.refused);
    }
  }
  EXPECT_EQ(count, (Count{39, 27, 250}));
}

TEST(Wycheproof, HmacSha256) {
  Count count;
  for (const json::value& group : groups_of("hmac_sha256_test.json")) {
    for (const json::value& test : group.at("tests").as_array()) {
      if (group.at("tagSize") != 256) {
        ++count.outside;
        continue;
      }
      const Digest mac = plain_hmac_sha256(hex_of(test, "key"), hex_of(test, "msg"));
      const bool accepted = equal_in_constant_time(mac, hex_of(test, "tag"));
      EXPECT_EQ(accepted, text_of(test, "result") == "valid") << name_of_case(group, test);
      ++(accepted ? count.accepted : count.refused);
    }
  }
  EXPECT_EQ(count, (Count{33, 54, 87}));
}

/// Verifies as the server does: the token's algorithm from our allow-list, the key as published for that algorithm.
bool verifies(std::string_view token, const json::value* jwk) {
  const auto parts = parse_jws(token);
  const auto algorithm = parts ? parse_algorithm(parts->algorithm) : std::nullopt;
  if (!algorithm || !jwk) return false;
  const std::string declared = text_of(*jwk, "alg");
  if (!declared.empty() && declared != name_of(*algorithm)) return false;
  if (parts->key_id != text_of(*jwk, "kid")) return false;
  const auto key = load_public_key(*algorithm, jwk_of(*jwk));
  return key && key->verify(as_bytes(parts->signing_input), parts->signature);
}

/// What only a reader of foreign keys has to look at: our keys are our own, and carry no such members.
bool is_about_foreign_keys(const json::value& group, const json::value& test) {
  const std::string comment = text_of(test, "comment");
  return comment == "rejectWrongUse" || comment == "rejectWrongKeyOps" || comment == "rejectsWrongUse" ||
         comment == "rejectsKeyWithRocaVulnerability" || text_of(group, "comment") == "invalid_use";
}

/// The group's public key: a JWK, or the only one of a set; nothing where keys are symmetric or ambiguous.
const json::value* public_key_of(const json::value& group) {
  const json::value* key = group.as_object().if_contains("public");
  if (!key) return nullptr;
  const json::value* set = key->as_object().if_contains("keys");
  if (!set) return key;
  return set->as_array().size() == 1 ? &set->as_array()[0] : nullptr;
}

Count decide_tokens(const std::string& file) {
  Count count;
  for (const json::value& group : groups_of(file)) {
    const json::value* key = public_key_of(group);
    for (const json::value& test : group.at("tests").as_array()) {
      if (is_about_foreign_keys(group, test)) {
        ++count.outside;
        continue;
      }
      const json::value& jws = test.at("jws");
      const bool accepted = verifies(jws.is_string() ? text_of(test, "jws") : json::serialize(jws), key);
      const bool valid = text_of(test, "result") == "valid";
      const std::string declared = key ? text_of(*key, "alg") : "HS256";
      const bool offered = declared.empty() || parse_algorithm(declared).has_value();
      EXPECT_EQ(accepted, valid && offered) << file << " " << name_of_case(group, test) << " " << declared;
      if (valid && !offered) ++count.outside;
      else ++(accepted ? count.accepted : count.refused);
    }
  }
  return count;
}

TEST(Wycheproof, JsonWebSignature) { EXPECT_EQ(decide_tokens("json_web_signature_test.json"), (Count{10, 351, 40})); }

TEST(Wycheproof, JsonWebKey) { EXPECT_EQ(decide_tokens("json_web_key_test.json"), (Count{1, 18, 7})); }

}  // namespace
}  // namespace ostiary::crypto
