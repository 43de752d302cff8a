#include "crypto/jws.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.hpp"

namespace ostiary::crypto {
namespace {

std::string token_with(std::string_view header, std::string_view payload = "{}", std::string_view signature = "x") {
  return to_base64url(as_bytes(header)) + "." + to_base64url(as_bytes(payload)) + "." +
         to_base64url(as_bytes(signature));
}

bool verifies(const JwsKey& key, std::string_view token) {
  const auto parts = parse_jws(token);
  return parts && parse_algorithm(parts->algorithm) == key.algorithm() &&
         key.verify(as_bytes(parts->signing_input), parts->signature);
}

// RFC 7515, appendix A.3.
TEST(Jws, Es256ExampleOfTheRfc) {
  const auto key = load_public_key(JwsAlgorithm::es256, {"EC", "P-256", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                                         "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "", ""});
  ASSERT_TRUE(key);
  EXPECT_TRUE(verifies(
      *key,
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
      "VlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
}

// RFC 8037, appendices A.1, A.2, A.4 and A.5.
TEST(Jws, EdDsaExampleOfTheRfc) {
  const std::string token =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4k"
      "i4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  const auto pair = load_key(JwsAlgorithm::eddsa, *from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
  EXPECT_EQ(pair->public_jwk().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  EXPECT_EQ(sign_jws(*pair, R"({"alg":"EdDSA"})", "Example of Ed25519 signing"), token);
  EXPECT_TRUE(verifies(*pair, token));
}

class EachAlgorithm : public ::testing::TestWithParam<JwsAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(Jws, EachAlgorithm,
                         ::testing::Values(JwsAlgorithm::es256, JwsAlgorithm::eddsa, JwsAlgorithm::rs256),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST_P(EachAlgorithm, SignsStoresAndPublishes) {
  const auto key = generate_key(GetParam());
  EXPECT_EQ(key->algorithm(), GetParam());
  const auto again = load_key(GetParam(), key->private_bytes());
  const auto published = load_public_key(GetParam(), key->public_jwk());
  ASSERT_TRUE(published);
  const std::string header = R"({"alg":")" + std::string(name_of(GetParam())) + R"(","kid":"k1","typ":"at+jwt"})";
  const std::string token = sign_jws(*again, header, R"({"sub":"ada"})");
  EXPECT_TRUE(verifies(*published, token));
  EXPECT_FALSE(verifies(*generate_key(GetParam()), token));
  const auto parts = parse_jws(token);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->algorithm, name_of(GetParam()));
  EXPECT_EQ(parts->key_id, "k1");
  EXPECT_EQ(parts->type, "at+jwt");
  EXPECT_EQ(parts->payload, R"({"sub":"ada"})");
}

TEST_P(EachAlgorithm, RefusesASignatureThatWasTouched) {
  const auto key = generate_key(GetParam());
  const Bytes signature = key->sign(as_bytes("message"));
  EXPECT_TRUE(key->verify(as_bytes("message"), signature));
  EXPECT_FALSE(key->verify(as_bytes("messagf"), signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Bytes changed = signature;
    changed[i] ^= 1;
    EXPECT_FALSE(key->verify(as_bytes("message"), changed)) << i;
  }
  for (const std::size_t size : {std::size_t{0}, signature.size() - 1}) {
    EXPECT_FALSE(key->verify(as_bytes("message"), BytesView(signature).first(size)));
  }
  Bytes longer = signature;
  longer.push_back(0);
  EXPECT_FALSE(key->verify(as_bytes("message"), longer));
}

TEST_P(EachAlgorithm, AKeyIsSharedByThreads) {
  const auto key = generate_key(GetParam());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&key, i] {
      const std::string message = "message " + std::to_string(i);
      for (int round = 0; round < 20; ++round) {
        EXPECT_TRUE(key->verify(as_bytes(message), key->sign(as_bytes(message))));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_P(EachAlgorithm, ThePublicHalfDoesNotSign) {
  const auto published = load_public_key(GetParam(), generate_key(GetParam())->public_jwk());
  EXPECT_ANY_THROW(static_cast<void>(published->sign(as_bytes("message"))));
}

TEST_P(EachAlgorithm, OtherBytesAreNoPrivateKey) {
  EXPECT_THROW(load_key(GetParam(), {}), std::runtime_error);
  EXPECT_THROW(load_key(GetParam(), Bytes(31, 1)), std::runtime_error);
  Bytes longer = generate_key(GetParam())->private_bytes();
  longer.push_back(0);
  EXPECT_THROW(load_key(GetParam(), longer), std::runtime_error);
}

TEST(Jws, AKeyOfAnotherAlgorithmDoesNotLoad) {
  const auto ec = generate_key(JwsAlgorithm::es256);
  const auto rsa = generate_key(JwsAlgorithm::rs256);
  EXPECT_THROW(load_key(JwsAlgorithm::rs256, ec->private_bytes()), std::runtime_error);
  EXPECT_THROW(load_key(JwsAlgorithm::es256, rsa->private_bytes()), std::runtime_error);
  EXPECT_FALSE(load_public_key(JwsAlgorithm::rs256, ec->public_jwk()));
  EXPECT_FALSE(load_public_key(JwsAlgorithm::es256, rsa->public_jwk()));
  EXPECT_FALSE(load_public_key(JwsAlgorithm::eddsa, ec->public_jwk()));
}

TEST(Jws, PublicKeysOutsideTheAllowListAreRefused) {
  const PublicJwk p256 = generate_key(JwsAlgorithm::es256)->public_jwk();
  const auto ec = [&p256](auto change) {
    PublicJwk jwk = p256;
    change(jwk);
    return load_public_key(JwsAlgorithm::es256, jwk) != nullptr;
  };
  EXPECT_TRUE(ec([](PublicJwk&) {}));
  EXPECT_FALSE(ec([](PublicJwk& jwk) { jwk.crv = "secp256k1"; }));
  EXPECT_FALSE(ec([](PublicJwk& jwk) { jwk.kty = "OKP"; }));
  EXPECT_FALSE(ec([](PublicJwk& jwk) { std::swap(jwk.x, jwk.y); })) << "a point off the curve";
  EXPECT_FALSE(ec([](PublicJwk& jwk) { jwk.x = "AA"; }));
  EXPECT_FALSE(ec([](PublicJwk& jwk) { jwk.x = jwk.y = to_base64url(Bytes(32, 0)); }));
  EXPECT_FALSE(ec([](PublicJwk& jwk) { jwk.x = to_base64url(Bytes(32, 0xff)); })) << "beyond the field";

  const PublicJwk good = generate_key(JwsAlgorithm::rs256)->public_jwk();
  const auto rsa = [](const std::string& n, const std::string& e) {
    return load_public_key(JwsAlgorithm::rs256, {"RSA", "", "", "", n, e}) != nullptr;
  };
  const auto odd = [](std::size_t size) {
    Bytes number(size, 0xff);
    return to_base64url(number);
  };
  EXPECT_TRUE(rsa(good.n, "AQAB"));
  EXPECT_TRUE(rsa(good.n, "Aw"));
  EXPECT_FALSE(rsa(good.n, "AQ")) << "exponent 1";
  EXPECT_FALSE(rsa(good.n, "Ag")) << "exponent 2";
  EXPECT_FALSE(rsa(good.n, "BA")) << "an even exponent";
  EXPECT_FALSE(rsa(good.n, "")) << "no exponent";
  EXPECT_FALSE(rsa(good.n, "AAEAAQ")) << "a leading zero";
  EXPECT_FALSE(rsa(odd(255), "AQAB")) << "2040 bits";
  EXPECT_TRUE(rsa(odd(1024), "AQAB")) << "8192 bits";
  EXPECT_FALSE(rsa(odd(1025), "AQAB")) << "8200 bits";

  const auto ed = [](const Bytes& point) {
    return load_public_key(JwsAlgorithm::eddsa, {"OKP", "Ed25519", to_base64url(point), "", "", ""}) != nullptr;
  };
  Bytes neutral(32, 0);
  neutral[0] = 1;
  EXPECT_FALSE(ed(neutral)) << "a point of small order";
  EXPECT_FALSE(ed(Bytes(32, 0)));
  EXPECT_FALSE(ed(Bytes(31, 5)));
  EXPECT_FALSE(load_public_key(JwsAlgorithm::eddsa, {"OKP", "X25519", to_base64url(neutral), "", "", ""}));
}

TEST(Jws, OnlyOurAlgorithmsHaveNames) {
  for (const std::string_view name : {"none", "None", "HS256", "ES384", "RS512", "PS256", "es256", ""}) {
    EXPECT_FALSE(parse_algorithm(name)) << name;
  }
  EXPECT_EQ(parse_algorithm("ES256"), JwsAlgorithm::es256);
  EXPECT_EQ(parse_algorithm("EdDSA"), JwsAlgorithm::eddsa);
  EXPECT_EQ(parse_algorithm("RS256"), JwsAlgorithm::rs256);
}

// B13 and ASVS 9.1: nothing in a header may bring a key or a rule of its own.
TEST(ParseJws, HeadersThatAreRefused) {
  for (const std::string_view header : {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "\"ES256\"",
                                        "{}",
                                        R"({"alg":1})",
                                        R"({"alg":null})",
                                        R"({"alg":["ES256"]})",
                                        R"({"alg":{"alg":"ES256"}})",
                                        R"({"alg":"ES256"} x)",
                                        R"({"alg":"ES256"}{})",
                                        R"({"alg":"ES256",})",
                                        R"({"alg":"ES256","alg":"ES256"})",
                                        R"({"alg":"ES256","\u0061lg":"none"})",
                                        R"({"alg":"ES256","kid":"a","kid":"b"})",
                                        R"({"alg":"ES256","x":1,"x":1})",
                                        R"({"alg":"ES256","kid":1})",
                                        R"({"alg":"ES256","kid":["a"]})",
                                        R"({"alg":"ES256","kid":null})",
                                        R"({"alg":"ES256","typ":true})",
                                        R"({"alg":"ES256","typ":{}})",
                                        R"({"alg":"ES256","crit":["exp"]})",
                                        R"({"alg":"ES256","jwk":{}})",
                                        R"({"alg":"ES256","jku":"https://x"})",
                                        R"({"alg":"ES256","x5u":"https://x"})",
                                        R"({"alg":"ES256","x5c":[]})",
                                        R"({"alg":"ES256","b64":false})",
                                        R"({"alg":"ES256","j\u0077k":{}})",
                                        "{\"alg\":\"ES256\",\"kid\":\"\xff\"}",
                                        "\xef\xbb\xbf{\"alg\":\"ES256\"}",
                                        "{'alg':'ES256'}",
                                        R"({"alg":"ES256" /* a comment */})",
                                        R"({"kid":"a"})"}) {
    EXPECT_FALSE(parse_jws(token_with(header))) << header;
  }
  EXPECT_FALSE(
      parse_jws(token_with(R"({"alg":"ES256","deep":)" + std::string(100, '[') + std::string(100, ']') + "}")));
}

TEST(ParseJws, HeadersThatAreRead) {
  const auto plain = parse_jws(token_with(R"( {"alg":"none"} )"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->algorithm, "none");
  EXPECT_EQ(plain->key_id, "");
  EXPECT_EQ(plain->type, "");
  const auto rich = parse_jws(token_with(
      R"({"typ":"JWT","kid":"../\u0041","alg":"ES256","n":[1,2.5,{"alg":"none","jwk":{}}],"o":{"kid":1},"z":null})"));
  ASSERT_TRUE(rich);
  EXPECT_EQ(rich->algorithm, "ES256");
  EXPECT_EQ(rich->key_id, "../A");
  EXPECT_EQ(rich->type, "JWT");
}

TEST(ParseJws, TextsThatAreNoToken) {
  const std::string good = token_with(R"({"alg":"ES256"})");
  ASSERT_TRUE(parse_jws(good));
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), good + ".", "." + good, good + "=",
        good + " ", " " + good, good + "\n", "!" + good, good.substr(0, good.rfind('.')),
        token_with(R"({"alg":"ES256"})", "{}", "xyz") + "A", std::string("e30") + good.substr(good.find('.'))}) {
    EXPECT_FALSE(parse_jws(text)) << text;
  }
  const std::string long_payload(6200, 'a');
  EXPECT_FALSE(parse_jws(token_with(R"({"alg":"ES256"})", long_payload)));
  EXPECT_TRUE(parse_jws(token_with(R"({"alg":"ES256"})", long_payload.substr(200))));
}

}  // namespace
}  // namespace ostiary::crypto
