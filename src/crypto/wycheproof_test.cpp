#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
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

/// What became of the cases of one file. Those outside what the program offers are refused, too: each with the reason
/// why the program would refuse even a valid one.
struct Count {
  int accepted = 0, refused = 0;
  std::map<std::string, int> outside;
  bool operator==(const Count&) const = default;

  int total() const {
    int total = accepted + refused;
    for (const auto& [reason, cases] : outside) total += cases;
    return total;
  }
};

std::ostream& operator<<(std::ostream& stream, const Count& count) {
  stream << count.accepted << " accepted, " << count.refused << " refused";
  for (const auto& [reason, cases] : count.outside) stream << ", " << cases << " outside: " << reason;
  return stream;
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

Count decide_es256() {
  Count count;
  // Some keys come without a JWK; their point is the same two coordinates.
  for (const json::value& group : groups_of("ecdsa_secp256r1_sha256_p1363_test.json")) {
    const Bytes point = hex_of(group.at("publicKey"), "uncompressed");
    if (point.size() != 65) throw std::runtime_error("a point that is not uncompressed");
    const auto key = load_public_key(JwsAlgorithm::es256, {"EC", "P-256", to_base64url(BytesView(point).subspan(1, 32)),
                                                           to_base64url(BytesView(point).subspan(33)), "", ""});
    if (!key) throw std::runtime_error("a key that can't be loaded");
    for (const json::value& test : group.at("tests").as_array()) {
      const bool accepted = key->verify(hex_of(test, "msg"), hex_of(test, "sig"));
      EXPECT_EQ(accepted, text_of(test, "result") == "valid") << name_of_case(group, test);
      ++(accepted ? count.accepted : count.refused);
    }
  }
  return count;
}

Count decide_eddsa() { return decide_signatures("ed25519_test.json", JwsAlgorithm::eddsa, "publicKeyJwk"); }

Count decide_rs256() { return decide_signatures("rsa_signature_2048_sha256_test.json", JwsAlgorithm::rs256, "keyJwk"); }

/// Whether our format can't hold such a ciphertext, and why; empty if it can.
std::string outside_aes_256_gcm(const json::value& group) {
  if (group.at("keySize") != 256) return "AES keys are of 256 bits";
  if (group.at("ivSize") != 96) return "nonces are of 96 bits";
  if (group.at("tagSize") != 128) return "tags are of 128 bits";
  return {};
}

bool opens(const Bytes& key, const Bytes& sealed, std::string_view context) try {
  return open(key, sealed, context).has_value();
} catch (const std::invalid_argument&) {
  return false;
}

Count decide_aes_gcm() {
  Count count;
  for (const json::value& group : groups_of("aes_gcm_test.json")) {
    const std::string outside = outside_aes_256_gcm(group);
    for (const json::value& test : group.at("tests").as_array()) {
      const Bytes nonce = hex_of(test, "iv"), plaintext = hex_of(test, "msg"), associated = hex_of(test, "aad");
      Bytes sealed{1};
      for (const Bytes& part : {nonce, hex_of(test, "ct"), hex_of(test, "tag")}) {
        sealed.insert(sealed.end(), part.begin(), part.end());
      }
      if (!outside.empty()) {
        EXPECT_FALSE(opens(hex_of(test, "key"), sealed, as_text(associated))) << name_of_case(group, test);
        ++count.outside[outside];
        continue;
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
  return count;
}

Count decide_hmac() {
  Count count;
  for (const json::value& group : groups_of("hmac_sha256_test.json")) {
    const bool whole = group.at("tagSize") == 256;
    for (const json::value& test : group.at("tests").as_array()) {
      const Digest mac = plain_hmac_sha256(hex_of(test, "key"), hex_of(test, "msg"));
      const bool accepted = equal_in_constant_time(mac, hex_of(test, "tag"));
      EXPECT_EQ(accepted, whole && text_of(test, "result") == "valid") << name_of_case(group, test);
      if (!whole) ++count.outside["MACs are never shortened"];
      else ++(accepted ? count.accepted : count.refused);
    }
  }
  return count;
}

/// Whether a key may verify: our own, as they are published, have "use": "sig".
bool is_for_signatures(const json::value& jwk) {
  if (const std::string use = text_of(jwk, "use"); !use.empty() && use != "sig") return false;
  const json::value* operations = jwk.as_object().if_contains("key_ops");
  return !operations ||
         std::ranges::find(operations->as_array(), json::value("verify")) != operations->as_array().end();
}

/// Verifies as the server does: the token's algorithm from our allow-list, the key as published for that algorithm.
bool verifies(std::string_view token, const json::value* jwk) {
  const auto parts = parse_jws(token);
  const auto algorithm = parts ? parse_algorithm(parts->algorithm) : std::nullopt;
  if (!algorithm || !jwk || !is_for_signatures(*jwk)) return false;
  const std::string declared = text_of(*jwk, "alg");
  if (!declared.empty() && declared != name_of(*algorithm)) return false;
  if (parts->key_id != text_of(*jwk, "kid")) return false;
  const auto key = load_public_key(*algorithm, jwk_of(*jwk));
  return key && key->verify(as_bytes(parts->signing_input), parts->signature);
}

/// The group's public key: a JWK, or the only one of a set; nothing where keys are symmetric or ambiguous.
const json::value* public_key_of(const json::value& group) {
  const json::value* key = group.as_object().if_contains("public");
  if (!key) return nullptr;
  const json::value* set = key->as_object().if_contains("keys");
  if (!set) return key;
  return set->as_array().size() == 1 ? &set->as_array()[0] : nullptr;
}

/// Why the program would refuse even a valid token of this kind; empty if it would not.
std::string outside_tokens(const json::value& test, const json::value* key) {
  if (test.as_object().contains("jwe")) return "tokens are signed, not encrypted";
  if (!key) return "no symmetric keys, and no sets with them";
  // Keys are the program's own, made by OpenSSL: it takes none from elsewhere, and looks for no flaw of a maker's.
  if (text_of(test, "comment") == "rejectsKeyWithRocaVulnerability") return "no keys from elsewhere";
  const std::string declared = text_of(*key, "alg");
  if (!declared.empty() && !parse_algorithm(declared)) return "no algorithms but ES256, EdDSA and RS256";
  return {};
}

std::string token_of(const json::value& test) {
  if (const json::value* encrypted = test.as_object().if_contains("jwe")) {
    return encrypted->is_string() ? text_of(test, "jwe") : json::serialize(*encrypted);
  }
  return test.at("jws").is_string() ? text_of(test, "jws") : json::serialize(test.at("jws"));
}

Count decide_tokens(const std::string& file) {
  Count count;
  for (const json::value& group : groups_of(file)) {
    const json::value* key = public_key_of(group);
    for (const json::value& test : group.at("tests").as_array()) {
      const std::string outside = outside_tokens(test, key);
      const bool foreign_key = outside == "no keys from elsewhere";
      const bool accepted = !foreign_key && verifies(token_of(test), key);
      const bool valid = text_of(test, "result") == "valid";
      EXPECT_EQ(accepted, valid && outside.empty()) << file << " " << name_of_case(group, test) << " " << outside;
      // What is invalid by itself is refused for that, whatever else would have it refused.
      if (!outside.empty() && (valid || foreign_key)) ++count.outside[outside];
      else ++(accepted ? count.accepted : count.refused);
    }
  }
  return count;
}

/// Every file, what decides it, and what has to become of its cases. R0.7, B13
struct File {
  std::string name;
  std::function<Count()> decide;
  Count expected;
};

std::ostream& operator<<(std::ostream& stream, const File& file) { return stream << file.name; }

const std::vector<File>& files() {
  static const std::vector<File> all{
      {"ecdsa_secp256r1_sha256_p1363_test.json", decide_es256, {173, 89, {}}},
      {"ed25519_test.json", decide_eddsa, {88, 63, {}}},
      {"rsa_signature_2048_sha256_test.json", decide_rs256, {9, 250, {}}},
      {"aes_gcm_test.json",
       decide_aes_gcm,
       {39, 27, {{"AES keys are of 256 bits", 211}, {"nonces are of 96 bits", 39}}}},
      {"hmac_sha256_test.json", decide_hmac, {33, 54, {{"MACs are never shortened", 87}}}},
      {"json_web_signature_test.json",
       [] { return decide_tokens("json_web_signature_test.json"); },
       {10, 355, {{"no algorithms but ES256, EdDSA and RS256", 26}, {"no symmetric keys, and no sets with them", 10}}}},
      {"json_web_key_test.json",
       [] { return decide_tokens("json_web_key_test.json"); },
       {1, 20, {{"no keys from elsewhere", 1}, {"no symmetric keys, and no sets with them", 4}}}},
      {"json_web_crypto_test.json",
       [] { return decide_tokens("json_web_crypto_test.json"); },
       {2,
        76,
        {{"no keys from elsewhere", 1},
         {"no symmetric keys, and no sets with them", 2},
         {"tokens are signed, not encrypted", 2}}}},
  };
  return all;
}

class Wycheproof : public ::testing::TestWithParam<File> {};

TEST_P(Wycheproof, DecidesEveryCaseRight) {
  EXPECT_EQ(GetParam().decide(), GetParam().expected);
  int cases = 0;
  for (const json::value& group : groups_of(GetParam().name))
    cases += static_cast<int>(group.at("tests").as_array().size());
  EXPECT_EQ(GetParam().expected.total(), cases);
}

INSTANTIATE_TEST_SUITE_P(Files, Wycheproof, ::testing::ValuesIn(files()),
                         [](const auto& file) { return file.param.name.substr(0, file.param.name.find("_test")); });

TEST(WycheproofFiles, AreAllThereAre) {
  int cases = 0;
  std::set<std::string> names, found;
  for (const File& file : files()) {
    cases += file.expected.total();
    names.insert(file.name);
  }
  EXPECT_EQ(cases, 1672);
  for (const auto& entry : std::filesystem::directory_iterator(OSTIARY_SOURCE_DIR "/tests/vectors/wycheproof")) {
    if (entry.path().extension() == ".json") found.insert(entry.path().filename());
  }
  EXPECT_EQ(names, found);
}

}  // namespace
}  // namespace ostiary::crypto
