#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/cbor.hpp"

/// The relying party's part of Web Authentication Level 3 (https://www.w3.org/TR/webauthn-3/), sections 6 and 7: bytes
/// in, verdicts out. Challenges, credentials and accounts are the caller's.
namespace ostiary::crypto {

/// The longest credential id that is accepted (section 7.1, step 25), in bytes.
inline constexpr std::size_t longest_credential_id = 1023;

/// Whose credentials are used, and from which pages.
struct RelyingParty {
  std::string id;                    ///< a domain
  std::vector<std::string> origins;  ///< compared byte for byte
};

/// What the browser says about the ceremony (section 5.8.1).
struct ClientData {
  std::string type;
  Bytes challenge;
  std::string origin;
  bool cross_origin = false;  ///< in a frame of another site; also if a top origin is named
};

/// Parses a clientDataJSON of at most 16 KiB. Empty unless it is a JSON object with unique members in which type,
/// challenge (canonical base64url) and origin are texts, crossOrigin is a truth value or absent, and topOrigin is a
/// text or absent. Other members are allowed.
std::optional<ClientData> parse_client_data(BytesView json);

/// What the authenticator says (section 6.1). Views lie in the bytes that were parsed.
struct AuthenticatorData {
  struct Credential {
    std::array<std::uint8_t, 16> aaguid{};  ///< the authenticator's model
    BytesView id;
    BytesView public_key;  ///< COSE
    CborValue key;         ///< the same, parsed
  };
  Digest rp_id_hash{};
  bool user_present = false;
  bool user_verified = false;
  bool backup_eligible = false;  ///< a passkey that may be synchronised
  bool backed_up = false;
  std::uint32_t sign_count = 0;
  std::optional<Credential> credential;  ///< in registrations
};

/// Parses authenticator data. Empty unless its flags say exactly what is there, to the last byte.
std::optional<AuthenticatorData> parse_authenticator_data(BytesView bytes);

/// How a ceremony ends, in order of precedence: the first that applies wins.
enum class WebAuthnVerdict {
  malformed_client_data,
  wrong_type,
  wrong_challenge,
  wrong_origin,
  cross_origin,  ///< in a frame of another site, which nobody needs here
  malformed_attestation,
  malformed_authenticator_data,
  wrong_rp_id,
  user_absent,
  user_not_verified,     ///< where that is required
  wrong_backup_state,    ///< backed up, although not eligible for it
  no_credential,         ///< a registration without one
  wrong_credential_id,   ///< over 1023 bytes, empty, or not the one that the client names
  unwanted_algorithm,
  malformed_key,
  wrong_user_handle,           ///< somebody else's, or none where one is required
  backup_eligibility_changed,  ///< which can't happen to one credential
  wrong_signature,
  sign_count_not_grown,  ///< the credential may have been copied (section 6.1.1)
  accepted,
};

std::string_view name_of(WebAuthnVerdict verdict);

/// What the relying party asked for.
struct Ceremony {
  const RelyingParty& relying_party;
  BytesView challenge;
  bool needs_user_verification = false;
  bool needs_user_handle = false;  ///< nobody was named before: the credential says who it is
};

struct RegistrationResponse {
  BytesView credential_id;
  BytesView client_data_json;
  BytesView attestation_object;
};

struct Registration {
  WebAuthnVerdict verdict;
  /// The rest is set if the registration was accepted.
  Bytes credential_id{};
  Bytes public_key{};  ///< COSE
  std::array<std::uint8_t, 16> aaguid{};
  std::uint32_t sign_count = 0;
  bool user_verified = false;
  bool backup_eligible = false;
  bool backed_up = false;
};

/// Judges a registration (section 7.1). The attestation statement is not looked at: any authenticator will do. Whether
/// the id belongs to a credential already is for the caller to find out.
Registration verify_registration(const RegistrationResponse& response, const Ceremony& ceremony);

struct AssertionResponse {
  BytesView client_data_json;
  BytesView authenticator_data;
  BytesView signature;
  std::optional<BytesView> user_handle;
};

/// What is stored about the credential that the response names.
struct KnownCredential {
  BytesView public_key;  ///< COSE
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
  BytesView user_handle;  ///< of its owner
};

struct Assertion {
  WebAuthnVerdict verdict;
  /// The rest is set if the assertion was accepted.
  std::uint32_t sign_count = 0;
  bool user_verified = false;
  bool backed_up = false;
};

/// Judges an assertion (section 7.2).
Assertion verify_assertion(const AssertionResponse& response, const KnownCredential& known, const Ceremony& ceremony);

}  // namespace ostiary::crypto
