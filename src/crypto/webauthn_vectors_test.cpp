#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "crypto/cose_key.hpp"
#include "crypto/webauthn.hpp"
#include "source_folder.hpp"

namespace ostiary::crypto {
namespace {

namespace json = boost::json;
using enum WebAuthnVerdict;

/// How a ceremony of the specification's is decided.
struct Decision {
  std::string_view name;
  WebAuthnVerdict registration;
  WebAuthnVerdict registration_verified;    ///< where user verification is required
  WebAuthnVerdict authentication;           ///< with the public key of the registration
  WebAuthnVerdict authentication_verified;  ///< where user verification is required
};

/// Frames of other sites and other algorithms than ES256, EdDSA and RS256 are refused; attestation is not looked at. An
/// authentication with a credential that was refused has no key to be verified with.
constexpr Decision decisions[] = {
    {"ES256 Credential with No Attestation", accepted, user_not_verified, accepted, user_not_verified},
    {"ES256 Credential with Self Attestation", accepted, accepted, accepted, user_not_verified},
    {"ES256 Credential with \"crossOrigin\": true in clientDataJSON", cross_origin, cross_origin, cross_origin,
     cross_origin},
    {"ES256 Credential with \"topOrigin\" in clientDataJSON", cross_origin, cross_origin, cross_origin, cross_origin},
    {"ES256 Credential with very long credential ID", accepted, user_not_verified, accepted, accepted},
    {"Packed Attestation with ES256 Credential", accepted, accepted, accepted, accepted},
    {"Packed Attestation with ES384 Credential", unwanted_algorithm, user_not_verified, wrong_signature,
     wrong_signature},
    {"Packed Attestation with ES512 Credential", unwanted_algorithm, unwanted_algorithm, wrong_signature,
     user_not_verified},
    {"Packed Attestation with RS256 Credential", accepted, accepted, accepted, user_not_verified},
    {"Packed Attestation with Ed25519 Credential", accepted, user_not_verified, accepted, user_not_verified},
    {"Packed Attestation with Ed448 Credential", unwanted_algorithm, user_not_verified, wrong_signature,
     wrong_signature},
    {"TPM Attestation with ES256 Credential", accepted, accepted, accepted, accepted},
    {"Android Key Attestation with ES256 Credential", accepted, accepted, accepted, user_not_verified},
    {"Apple Anonymous Attestation with ES256 Credential", accepted, user_not_verified, accepted, user_not_verified},
    {"FIDO U2F Attestation with ES256 Credential", accepted, user_not_verified, accepted, user_not_verified},
};

json::array vectors() {
  std::ifstream file(OSTIARY_SOURCE_DIR "/tests/vectors/webauthn/level3.json");
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).at("vectors").as_array();
}

Bytes bytes_in(const json::value& object, std::string_view member) {
  const json::string& text = object.at({member.data(), member.size()}).as_string();
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.subview(i, 2)), nullptr, 16)));
  }
  return bytes;
}

const RelyingParty vector_site{"example.org", {"https://example.org"}};

WebAuthnVerdict registration_of(const json::value& vector, bool verified) {
  const json::value& said = vector.at("registration");
  const Bytes id = bytes_in(said, "credential_id"), client_data = bytes_in(said, "clientDataJSON"),
              object = bytes_in(said, "attestationObject"), challenge = bytes_in(said, "challenge");
  const Registration registration =
      verify_registration({id, client_data, object},
                          {.relying_party = vector_site, .challenge = challenge, .needs_user_verification = verified});
  if (registration.verdict == accepted) {
    EXPECT_EQ(registration.credential_id, id);
    EXPECT_TRUE(std::ranges::equal(registration.aaguid, bytes_in(said, "aaguid")));
  }
  return registration.verdict;
}

/// The credential as it would be stored, whatever became of its registration.
AuthenticatorData::Credential credential_of(const Bytes& attestation_object, AuthenticatorData& data) {
  const auto object = parse_cbor(attestation_object);
  data = parse_authenticator_data(*object->find("authData")->as<BytesView>()).value();
  return data.credential.value();
}

WebAuthnVerdict authentication_of(const json::value& vector, bool verified) {
  const Bytes object = bytes_in(vector.at("registration"), "attestationObject");
  AuthenticatorData registered;
  const auto credential = credential_of(object, registered);
  const json::value& said = vector.at("authentication");
  const Bytes client_data = bytes_in(said, "clientDataJSON"), data = bytes_in(said, "authenticatorData"),
              signature = bytes_in(said, "signature"), challenge = bytes_in(said, "challenge");
  return verify_assertion({client_data, data, signature, std::nullopt},
                          {credential.public_key, registered.sign_count, registered.backup_eligible, {}},
                          {.relying_party = vector_site, .challenge = challenge, .needs_user_verification = verified})
      .verdict;
}

TEST(WebAuthnVectors, AreDecidedAsPolicySays) {
  const json::array all = vectors();
  ASSERT_EQ(all.size(), std::size(decisions));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Decision& decision = decisions[i];
    SCOPED_TRACE(decision.name);
    ASSERT_EQ(std::string_view(all[i].at("name").as_string()), decision.name);
    EXPECT_EQ(name_of(registration_of(all[i], false)), name_of(decision.registration));
    EXPECT_EQ(name_of(registration_of(all[i], true)), name_of(decision.registration_verified));
    EXPECT_EQ(name_of(authentication_of(all[i], false)), name_of(decision.authentication));
    EXPECT_EQ(name_of(authentication_of(all[i], true)), name_of(decision.authentication_verified));
  }
}

}  // namespace
}  // namespace ostiary::crypto
