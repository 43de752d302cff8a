// What we decide about assertions, compared with what libfido2 does.
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <gtest/gtest.h>

#include "crypto/webauthn.hpp"
#include "scaffolding/software_authenticator.hpp"

namespace ostiary::crypto {
namespace {

using testing::SoftwareAuthenticator;
using Said = SoftwareAuthenticator::Said;

const RelyingParty fido_site{"example.org", {"https://example.org"}};
const Bytes challenge(32, 0x17);

/// The public key as libfido2 finds it in the authenticator data of a registration, and whether it holds `made` for
/// right.
class Fido2 {
 public:
  explicit Fido2(const SoftwareAuthenticator& authenticator, int algorithm) : algorithm_(algorithm) {
    const Bytes data = authenticator.attested_data({}, authenticator.public_key());
    EXPECT_EQ(fido_cred_set_type(credential_, algorithm), FIDO_OK);
    EXPECT_EQ(fido_cred_set_authdata_raw(credential_, data.data(), data.size()), FIDO_OK);
    const auto* const bytes = fido_cred_pubkey_ptr(credential_);
    const std::size_t size = fido_cred_pubkey_len(credential_);
    const int read = algorithm == COSE_ES256   ? es256_pk_from_ptr(es256_, bytes, size)
                     : algorithm == COSE_EDDSA ? eddsa_pk_from_ptr(eddsa_, bytes, size)
                                               : rs256_pk_from_ptr(rs256_, bytes, size);
    EXPECT_EQ(read, FIDO_OK);
  }
  ~Fido2() {
    fido_cred_free(&credential_);
    es256_pk_free(&es256_);
    eddsa_pk_free(&eddsa_);
    rs256_pk_free(&rs256_);
  }
  Fido2(const Fido2&) = delete;
  Fido2& operator=(const Fido2&) = delete;

  bool accepts(const SoftwareAuthenticator::Asserted& made, bool needs_verification) const {
    fido_assert_t* assertion = fido_assert_new();
    const void* key = algorithm_ == COSE_ES256   ? static_cast<const void*>(es256_)
                      : algorithm_ == COSE_EDDSA ? static_cast<const void*>(eddsa_)
                                                 : static_cast<const void*>(rs256_);
    const auto& [id, client_data, data, signature] = made;
    const bool is_right =
        fido_assert_set_rp(assertion, "example.org") == FIDO_OK &&
        fido_assert_set_clientdata(assertion, client_data.data(), client_data.size()) == FIDO_OK &&
        fido_assert_set_count(assertion, 1) == FIDO_OK &&
        fido_assert_set_authdata_raw(assertion, 0, data.data(), data.size()) == FIDO_OK &&
        fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_uv(assertion, needs_verification ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) == FIDO_OK &&
        fido_assert_set_sig(assertion, 0, signature.data(), signature.size()) == FIDO_OK &&
        fido_assert_verify(assertion, 0, algorithm_, key) == FIDO_OK;
    fido_assert_free(&assertion);
    return is_right;
  }

 private:
  int algorithm_;
  fido_cred_t* credential_ = fido_cred_new();
  es256_pk_t* es256_ = es256_pk_new();
  eddsa_pk_t* eddsa_ = eddsa_pk_new();
  rs256_pk_t* rs256_ = rs256_pk_new();
};

TEST(WebAuthnFido2, AgreesAboutAssertions) {
  fido_init(0);
  const std::pair<JwsAlgorithm, int> algorithms[] = {
      {JwsAlgorithm::es256, COSE_ES256}, {JwsAlgorithm::eddsa, COSE_EDDSA}, {JwsAlgorithm::rs256, COSE_RS256}};
  for (const auto& [algorithm, number] : algorithms) {
    SCOPED_TRACE(name_of(algorithm));
    const SoftwareAuthenticator authenticator(algorithm);
    const Fido2 fido2(authenticator, number);
    const Bytes public_key = authenticator.public_key();
    const auto compare = [&](const SoftwareAuthenticator::Asserted& made, bool needs_verification, bool expected) {
      const auto verdict =
          verify_assertion({made.client_data_json, made.authenticator_data, made.signature, std::nullopt},
                           {public_key, 0, false, {}}, {fido_site, challenge, needs_verification})
              .verdict;
      EXPECT_EQ(verdict == WebAuthnVerdict::accepted, expected) << name_of(verdict);
      EXPECT_EQ(fido2.accepts(made, needs_verification), expected);
    };
    Said said;
    auto made = authenticator.assert_for(challenge, said);
    compare(made, true, true);
    made.signature.back() ^= 1;
    compare(made, true, false);
    said.flags = SoftwareAuthenticator::present;
    compare(authenticator.assert_for(challenge, said), true, false);
    compare(authenticator.assert_for(challenge, said), false, true);
    said.flags = SoftwareAuthenticator::verified;
    compare(authenticator.assert_for(challenge, said), false, false);
    said = {.rp_id = "evil.net"};
    compare(authenticator.assert_for(challenge, said), true, false);
    compare(SoftwareAuthenticator(algorithm).assert_for(challenge, {}), true, false);
  }
}

}  // namespace
}  // namespace ostiary::crypto
