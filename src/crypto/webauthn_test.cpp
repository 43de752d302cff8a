#include "crypto/webauthn.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/cose_key.hpp"
#include "scaffolding/software_authenticator.hpp"

namespace ostiary::crypto {
namespace {

using testing::CborWriter;
using testing::SoftwareAuthenticator;
using Said = SoftwareAuthenticator::Said;
using enum WebAuthnVerdict;

constexpr auto present = SoftwareAuthenticator::present, verified = SoftwareAuthenticator::verified,
               eligible = SoftwareAuthenticator::eligible, backed_up = SoftwareAuthenticator::backed_up;

const RelyingParty example{"example.org", {"https://example.org", "https://app.example.org:8443"}};
const Bytes challenge(32, 0x17);
const Bytes other_challenge(32, 0x18);
const Bytes owner{1, 2, 3, 4};
const Bytes stranger{1, 2, 3, 5};

struct ClientDataRow {
  const char* what;
  std::string json;
  bool is_accepted;
};

TEST(WebAuthn, ReadsClientDataStrictly) {
  const ClientDataRow rows[] = {
      {"all members", R"({"type":"t","challenge":"AAAA","origin":"o","crossOrigin":true})", true},
      {"unknown members", R"({"type":"t","challenge":"AAAA","origin":"o","x":{"type":1},"y":[null]})", true},
      {"no JSON", "type", false},
      {"no object", R"(["type"])", false},
      {"something behind it", R"({"type":"t","challenge":"AAAA","origin":"o"} x)", false},
      {"a byte order mark",
       "\xef\xbb\xbf"
       R"({"type":"t","challenge":"AAAA","origin":"o"})",
       false},
      {"no UTF-8", "{\"type\":\"\xff\",\"challenge\":\"AAAA\",\"origin\":\"o\"}", false},
      {"a member twice", R"({"type":"t","type":"t","challenge":"AAAA","origin":"o"})", false},
      {"a member twice, once escaped", R"({"type":"t","\u0074ype":"t","challenge":"AAAA","origin":"o"})", false},
      {"no type", R"({"challenge":"AAAA","origin":"o"})", false},
      {"no challenge", R"({"type":"t","origin":"o"})", false},
      {"no origin", R"({"type":"t","challenge":"AAAA"})", false},
      {"a type that is no text", R"({"type":1,"challenge":"AAAA","origin":"o"})", false},
      {"an origin that is no text", R"({"type":"t","challenge":"AAAA","origin":["o"]})", false},
      {"padding", R"({"type":"t","challenge":"AAA=","origin":"o"})", false},
      {"another spelling of the challenge", R"({"type":"t","challenge":"AB","origin":"o"})", false},
      {"crossOrigin as a text", R"({"type":"t","challenge":"AAAA","origin":"o","crossOrigin":"false"})", false},
      {"topOrigin as a number", R"({"type":"t","challenge":"AAAA","origin":"o","topOrigin":1})", false},
      {"over 16 KiB", R"({"type":"t","challenge":"AAAA","origin":"o"})" + std::string(16 * 1024, ' '), false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(parse_client_data(as_bytes(row.json)).has_value(), row.is_accepted) << row.what;
}

Said said(const std::function<void(Said&)>& change) {
  Said result;
  change(result);
  return result;
}

Said with_flags(int flags) {
  return said([&](Said& it) { it.flags = static_cast<std::uint8_t>(flags); });
}

Said from(std::string origin) {
  return said([&](Said& it) { it.origin = std::move(origin); });
}

Said with(std::string client_data) {
  return said([&](Said& it) { it.more_client_data = std::move(client_data); });
}

struct CeremonyRow {
  const char* what;
  Said said;
  WebAuthnVerdict verdict;
  bool needs_user_verification = false;
};

/// B12: what both ceremonies refuse.
std::vector<CeremonyRow> common_rows() {
  return {
      {"everything right", {}, accepted},
      {"another page of ours", from("https://app.example.org:8443"), accepted},
      {"client data that nobody can read", with(R"(,"type":"x")"), malformed_client_data},
      {"a wrong type", said([](Said& it) { it.type = "payment.get"; }), wrong_type},
      {"a look-alike with our name in it", from("https://example.org.evil.net"), wrong_origin},
      {"a suffix", from("https://evilexample.org"), wrong_origin},
      {"a page below ours that is not listed", from("https://blog.example.org"), wrong_origin},
      {"another scheme", from("http://example.org"), wrong_origin},
      {"another port", from("https://example.org:444"), wrong_origin},
      {"a slash at the end", from("https://example.org/"), wrong_origin},
      {"another case", from("https://EXAMPLE.org"), wrong_origin},
      {"no origin", from("null"), wrong_origin},
      {"a frame of another page", with(R"(,"topOrigin":"https://evil.net")"), cross_origin},
      {"another relying party", said([](Said& it) { it.rp_id = "evil.net"; }), wrong_rp_id},
      {"UP=0", with_flags(verified), user_absent},
      {"UV=0 where it is required", with_flags(present), user_not_verified, true},
      {"UV=0 where it is not", with_flags(present), accepted},
      {"backed up, but not eligible", with_flags(present | backed_up), wrong_backup_state},
  };
}

WebAuthnVerdict registration_of(const SoftwareAuthenticator& authenticator, const Said& said, const Ceremony& ceremony,
                                BytesView signed_challenge = challenge) {
  const auto made = authenticator.register_for(signed_challenge, said);
  return verify_registration({made.id, made.client_data_json, made.attestation_object}, ceremony).verdict;
}

TEST(WebAuthn, JudgesRegistrations) {
  const SoftwareAuthenticator authenticator;
  for (const auto& row : common_rows()) {
    const Ceremony ceremony{example, challenge, row.needs_user_verification};
    EXPECT_EQ(name_of(registration_of(authenticator, row.said, ceremony)), name_of(row.verdict)) << row.what;
  }
  const Ceremony ceremony{example, challenge};
  EXPECT_EQ(registration_of(authenticator, {}, ceremony, other_challenge), wrong_challenge);
  EXPECT_EQ(registration_of(authenticator, said([](Said& it) { it.type = "webauthn.get"; }), ceremony), wrong_type);
}

TEST(WebAuthn, KeepsWhatARegistrationSays) {
  const SoftwareAuthenticator authenticator(JwsAlgorithm::eddsa);
  const auto made = authenticator.register_for(
      challenge,
      said([](Said& it) { it.flags = present | verified | eligible | backed_up, it.sign_count = 0x01020304; }));
  const Registration registration =
      verify_registration({made.id, made.client_data_json, made.attestation_object}, {example, challenge});
  ASSERT_EQ(registration.verdict, accepted);
  EXPECT_EQ(registration.credential_id, authenticator.id());
  EXPECT_EQ(registration.public_key, authenticator.public_key());
  EXPECT_EQ(registration.aaguid[15], 0xaa);
  EXPECT_EQ(registration.sign_count, 0x01020304U);
  EXPECT_TRUE(registration.user_verified && registration.backup_eligible && registration.backed_up);
}

/// A registration whose authenticator data is `data`.
WebAuthnVerdict registration_with(const Bytes& id, const Bytes& data) {
  const Bytes client_data = SoftwareAuthenticator::client_data(challenge, {}, "webauthn.create");
  const Bytes object = SoftwareAuthenticator::attestation_object(data);
  return verify_registration({id, client_data, object}, {example, challenge}).verdict;
}

TEST(WebAuthn, RefusesBrokenRegistrations) {
  const SoftwareAuthenticator authenticator;
  const Bytes& id = authenticator.id();
  const Bytes right = authenticator.attested_data({}, authenticator.public_key());
  EXPECT_EQ(registration_with(id, right), accepted);
  for (std::size_t size = 0; size < right.size(); ++size) {
    EXPECT_EQ(registration_with(id, Bytes(right.begin(), right.begin() + static_cast<long>(size))),
              malformed_authenticator_data)
        << "cut to " << size;
  }
  Bytes longer = right;
  longer.push_back(0xa0);
  EXPECT_EQ(registration_with(id, longer), malformed_authenticator_data) << "extensions without their flag";
  longer[32] |= 0x80;
  EXPECT_EQ(registration_with(id, longer), accepted) << "and with it";
  longer.back() = 0x80;
  EXPECT_EQ(registration_with(id, longer), malformed_authenticator_data) << "extensions that are no map";
  EXPECT_EQ(registration_with(id, SoftwareAuthenticator::authenticator_data({}, 0)), no_credential);
  EXPECT_EQ(registration_with(Bytes(32), right), wrong_credential_id) << "the client names another id";
}

TEST(WebAuthn, BoundsCredentialIds) {
  const auto of_size = [](std::size_t size) {
    return registration_of(SoftwareAuthenticator(JwsAlgorithm::es256, Bytes(size, 7)), {}, {example, challenge});
  };
  EXPECT_EQ(of_size(0), wrong_credential_id);
  EXPECT_EQ(of_size(1023), accepted);
  EXPECT_EQ(of_size(1024), wrong_credential_id);
  EXPECT_EQ(of_size(65535), wrong_credential_id);
}

TEST(WebAuthn, RefusesBrokenAttestationObjects) {
  const SoftwareAuthenticator authenticator;
  const Bytes data = authenticator.attested_data({}, authenticator.public_key());
  const Bytes client_data = SoftwareAuthenticator::client_data(challenge, {}, "webauthn.create");
  const auto verdict_on = [&](const Bytes& object) {
    return verify_registration({authenticator.id(), client_data, object}, {example, challenge}).verdict;
  };
  Bytes object = SoftwareAuthenticator::attestation_object(data);
  EXPECT_EQ(verdict_on(object), accepted);
  object.push_back(0);
  EXPECT_EQ(verdict_on(object), malformed_attestation) << "a byte behind it";
  EXPECT_EQ(verdict_on({}), malformed_attestation);
  EXPECT_EQ(verdict_on({0x80}), malformed_attestation) << "no map";
  EXPECT_EQ(verdict_on(CborWriter().map(2).text("attStmt").map(0).text("authData").bytes(data).written()),
            malformed_attestation)
      << "no format";
  EXPECT_EQ(verdict_on(CborWriter().map(2).text("fmt").text("none").text("authData").bytes(data).written()),
            malformed_attestation)
      << "no statement";
  EXPECT_EQ(
      verdict_on(
          CborWriter().map(3).text("fmt").text("none").text("attStmt").map(0).text("authData").text("x").written()),
      malformed_attestation)
      << "authenticator data that is a text";
}

/// A registration with this COSE key.
WebAuthnVerdict registration_of_key(const CborWriter& key) {
  const SoftwareAuthenticator authenticator;
  return registration_with(authenticator.id(), authenticator.attested_data({}, key.written()));
}

TEST(WebAuthn, TakesOnlyKeysOfItsAlgorithms) {
  for (const auto algorithm : {JwsAlgorithm::es256, JwsAlgorithm::eddsa, JwsAlgorithm::rs256}) {
    EXPECT_EQ(registration_of(SoftwareAuthenticator(algorithm), {}, {example, challenge}), accepted)
        << name_of(algorithm);
  }
  const Bytes half(32, 1);
  const auto ec = [&](std::int64_t kty, std::int64_t alg, std::int64_t crv) {
    return CborWriter()
        .map(5)
        .number(1)
        .number(kty)
        .number(3)
        .number(alg)
        .number(-1)
        .number(crv)
        .number(-2)
        .bytes(half)
        .number(-3)
        .bytes(half);
  };
  EXPECT_EQ(registration_of_key(ec(2, -7, 1)), malformed_key) << "a point that is not on the curve";
  EXPECT_EQ(registration_of_key(ec(2, -35, 2)), unwanted_algorithm) << "ES384";
  EXPECT_EQ(registration_of_key(ec(2, -7, 2)), malformed_key) << "ES256 over P-384";
  EXPECT_EQ(registration_of_key(ec(1, -7, 1)), malformed_key) << "ES256 with an octet key pair";
  EXPECT_EQ(registration_of_key(ec(2, -8, 6)), malformed_key) << "EdDSA with an elliptic curve's key";
  EXPECT_EQ(registration_of_key(ec(1, -8, 7)), malformed_key) << "Ed448";
  EXPECT_EQ(registration_of_key(CborWriter().map(0)), unwanted_algorithm) << "no algorithm";
  EXPECT_EQ(registration_of_key(CborWriter().map(1).number(3).text("ES256")), unwanted_algorithm) << "by its name";
  EXPECT_EQ(registration_of_key(CborWriter()
                                    .map(4)
                                    .number(1)
                                    .number(3)
                                    .number(3)
                                    .number(-257)
                                    .number(-1)
                                    .bytes(Bytes(128, 0xff))
                                    .number(-2)
                                    .bytes(Bytes{1, 0, 1})),
            malformed_key)
      << "RSA of 1024 bits";
  EXPECT_EQ(registration_of_key(CborWriter()
                                    .map(4)
                                    .number(1)
                                    .number(3)
                                    .number(3)
                                    .number(-65535)
                                    .number(-1)
                                    .bytes(Bytes(256, 0xff))
                                    .number(-2)
                                    .bytes(Bytes{1, 0, 1})),
            unwanted_algorithm)
      << "RS1";
}

/// A credential in the store, and what is asked of it.
struct Login {
  SoftwareAuthenticator authenticator{JwsAlgorithm::es256};
  Bytes public_key = authenticator.public_key();
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
  std::optional<BytesView> user_handle{};

  WebAuthnVerdict with(const SoftwareAuthenticator::Asserted& made, const Ceremony& ceremony) const {
    return verify_assertion({made.client_data_json, made.authenticator_data, made.signature, user_handle},
                            {public_key, sign_count, backup_eligible, owner}, ceremony)
        .verdict;
  }
  WebAuthnVerdict with(const Said& said, const Ceremony& ceremony = {example, challenge}) const {
    return with(authenticator.assert_for(challenge, said), ceremony);
  }
};

TEST(WebAuthn, JudgesAssertions) {
  const Login login;
  for (const auto& row : common_rows()) {
    EXPECT_EQ(name_of(login.with(row.said, {example, challenge, row.needs_user_verification})), name_of(row.verdict))
        << row.what;
  }
  EXPECT_EQ(login.with(login.authenticator.assert_for(other_challenge, {}), {example, challenge}), wrong_challenge);
  EXPECT_EQ(login.with(said([](Said& it) { it.type = "webauthn.create"; })), wrong_type);
  auto made = login.authenticator.assert_for(challenge, {});
  made.authenticator_data.push_back(0);
  EXPECT_EQ(login.with(made, {example, challenge}), malformed_authenticator_data);
}

TEST(WebAuthn, AcceptsOnlyTheCredentialsOwnSignature) {
  for (const auto algorithm : {JwsAlgorithm::es256, JwsAlgorithm::eddsa, JwsAlgorithm::rs256}) {
    const SoftwareAuthenticator authenticator(algorithm);
    Login login;
    login.public_key = authenticator.public_key();
    auto made = authenticator.assert_for(challenge, {});
    EXPECT_EQ(login.with(made, {example, challenge}), accepted) << name_of(algorithm);
    EXPECT_EQ(login.with(Said()), wrong_signature) << "another key's";
    for (const std::size_t at : {std::size_t{5}, made.signature.size() - 1}) {
      auto bent = made;
      bent.signature[at] ^= 1;
      EXPECT_EQ(login.with(bent, {example, challenge}), wrong_signature);
    }
    auto counted = made;
    counted.authenticator_data.back() = 9;
    EXPECT_EQ(login.with(counted, {example, challenge}), wrong_signature) << "over other authenticator data";
    made.signature.push_back(0);
    EXPECT_EQ(login.with(made, {example, challenge}), wrong_signature) << "something behind it";
    made.signature.clear();
    EXPECT_EQ(login.with(made, {example, challenge}), wrong_signature);
  }
  Login broken;
  broken.public_key = {0x01};
  EXPECT_EQ(broken.with(Said()), wrong_signature) << "a key that nobody can read";
}

TEST(WebAuthn, AsksWhoseCredentialItIs) {
  Login login;
  const Ceremony anyone{example, challenge, true, true}, named{example, challenge};
  EXPECT_EQ(login.with(Said(), anyone), wrong_user_handle) << "none, where nobody was named before";
  EXPECT_EQ(login.with(Said(), named), accepted) << "none, where somebody was";
  login.user_handle = owner;
  EXPECT_EQ(login.with(Said(), anyone), accepted);
  EXPECT_EQ(login.with(Said(), named), accepted);
  login.user_handle = stranger;
  EXPECT_EQ(login.with(Said(), anyone), wrong_user_handle);
  EXPECT_EQ(login.with(Said(), named), wrong_user_handle);
  login.user_handle = BytesView();
  EXPECT_EQ(login.with(Said(), named), wrong_user_handle) << "an empty one";
}

TEST(WebAuthn, KnowsThatEligibilityForBackupIsFixed) {
  Login login;
  EXPECT_EQ(login.with(with_flags(present | eligible)), backup_eligibility_changed);
  login.backup_eligible = true;
  EXPECT_EQ(login.with(with_flags(present)), backup_eligibility_changed);
  EXPECT_EQ(login.with(with_flags(present | eligible)), accepted);
  EXPECT_EQ(login.with(with_flags(present | eligible | backed_up)), accepted) << "being backed up may change";
}

TEST(WebAuthn, ExpectsTheSignCountToGrow) {
  Login login;
  const auto counted = [](std::uint32_t count) { return said([&](Said& it) { it.sign_count = count; }); };
  EXPECT_EQ(login.with(counted(0)), accepted) << "an authenticator that does not count";
  EXPECT_EQ(login.with(counted(7)), accepted);
  login.sign_count = 7;
  EXPECT_EQ(login.with(counted(8)), accepted);
  EXPECT_EQ(login.with(counted(0xffffffff)), accepted);
  EXPECT_EQ(login.with(counted(7)), sign_count_not_grown);
  EXPECT_EQ(login.with(counted(6)), sign_count_not_grown);
  EXPECT_EQ(login.with(counted(0)), sign_count_not_grown);
}

}  // namespace
}  // namespace ostiary::crypto
