// WebAuthn: whatever an authenticator and its browser send. The first byte chooses what the rest is. What is accepted
// holds what the specification asks; nobody guesses a signature; and what is parsed lies within the input.
#include <algorithm>

#include "base/encoding.hpp"
#include "crypto/cose_key.hpp"
#include "crypto/digest.hpp"
#include "crypto/webauthn.hpp"
#include "fuzz/invariant.hpp"

namespace {

using namespace ostiary;
using namespace ostiary::crypto;
using fuzz::must;

const RelyingParty example{"example.org", {"https://example.org"}};
const Bytes challenge(32, 0);
/// The challenge above, and an origin of ours.
constexpr std::string_view created = R"({"type":"webauthn.create","origin":"https://example.org",)"
                                     R"("challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";
constexpr std::string_view asserted = R"({"type":"webauthn.get","origin":"https://example.org",)"
                                      R"("challenge":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})";

bool lies_within(BytesView part, BytesView whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_client_data(BytesView input) {
  const auto data = parse_client_data(input);
  if (data) must(data->challenge.size() <= input.size(), "a challenge is no longer than its text");
  const Bytes nothing;
  const KnownCredential known{nothing, 0, false, nothing};
  must(verify_assertion({input, nothing, nothing, std::nullopt}, known, {example, challenge}).verdict !=
           WebAuthnVerdict::accepted,
       "client data alone is no assertion");
}

void check_cbor(BytesView input) {
  BytesView rest = input;
  const auto value = take_cbor(rest);
  must(lies_within(rest, input), "what is left is the end of the input");
  must(value ? rest.size() < input.size() : rest.size() == input.size(), "a value takes bytes, a refusal none");
  if (value) load_cose_key(*value);
}

void check_authenticator_data(BytesView input) {
  const auto data = parse_authenticator_data(input);
  if (data && data->credential) {
    must(lies_within(data->credential->id, input) && lies_within(data->credential->public_key, input),
         "a credential lies within the authenticator data");
    must(parse_cbor(data->credential->public_key).has_value(), "its key can be read again");
  }
}

void check_registration(BytesView input) {
  // What the client names is what the authenticator made, wherever that can be read.
  const auto object = parse_cbor(input);
  const CborValue* const bytes = object ? object->find("authData") : nullptr;
  const auto* const view = bytes ? bytes->as<BytesView>() : nullptr;
  const auto data = view ? parse_authenticator_data(*view) : std::nullopt;
  const BytesView id = data && data->credential ? data->credential->id : BytesView();
  const Registration registration = verify_registration({id, as_bytes(created), input}, {example, challenge});
  if (registration.verdict != WebAuthnVerdict::accepted) return;
  must(!registration.credential_id.empty() && registration.credential_id.size() <= longest_credential_id,
       "an id is bounded");
  must(data->user_present && data->rp_id_hash == sha256(as_bytes(example.id)), "somebody was there, for us");
  must(registration.backup_eligible || !registration.backed_up, "what is backed up may be");
  const auto key = parse_cbor(registration.public_key);
  must(key && load_cose_key(*key), "an accepted key can be used");
}

void check_assertion(BytesView input, const Bytes& public_key) {
  const std::size_t half = std::min<std::size_t>(37, input.size());
  const Assertion assertion =
      verify_assertion({as_bytes(asserted), input.first(half), input.subspan(half), std::nullopt},
                       {public_key, 0, false, {}}, {example, challenge});
  must(assertion.verdict != WebAuthnVerdict::accepted, "nobody guesses a signature");
}

/// A COSE key whose private half is thrown away.
Bytes somebodys_key() {
  const auto pair = generate_key(JwsAlgorithm::eddsa);
  const PublicJwk jwk = pair->public_jwk();
  Bytes key{0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20};
  const auto point = from_base64url(jwk.x).value();
  key.insert(key.end(), point.begin(), point.end());
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Bytes public_key = somebodys_key();
  if (size == 0) return 0;
  const BytesView input(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0: check_client_data(input); break;
    case 1: check_cbor(input); break;
    case 2: check_authenticator_data(input); break;
    case 3: check_registration(input); break;
    case 4: check_assertion(input, public_key); break;
  }
  return 0;
}
