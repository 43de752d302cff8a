#include "crypto/webauthn.hpp"

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"
#include "crypto/cose_key.hpp"
#include "crypto/digest.hpp"
#include "crypto/json_members.hpp"

namespace ostiary::crypto {
namespace {

constexpr std::size_t longest_client_data = 16 * 1024;

// The flags of authenticator data (section 6.1).
constexpr std::uint8_t user_present_flag = 0x01, user_verified_flag = 0x04, backup_eligible_flag = 0x08,
                       backed_up_flag = 0x10, credential_flag = 0x40, extensions_flag = 0x80;

constexpr std::pair<WebAuthnVerdict, std::string_view> verdict_names[] = {
    {WebAuthnVerdict::malformed_client_data, "malformed_client_data"},
    {WebAuthnVerdict::wrong_type, "wrong_type"},
    {WebAuthnVerdict::wrong_challenge, "wrong_challenge"},
    {WebAuthnVerdict::wrong_origin, "wrong_origin"},
    {WebAuthnVerdict::cross_origin, "cross_origin"},
    {WebAuthnVerdict::malformed_attestation, "malformed_attestation"},
    {WebAuthnVerdict::malformed_authenticator_data, "malformed_authenticator_data"},
    {WebAuthnVerdict::wrong_rp_id, "wrong_rp_id"},
    {WebAuthnVerdict::user_absent, "user_absent"},
    {WebAuthnVerdict::user_not_verified, "user_not_verified"},
    {WebAuthnVerdict::wrong_backup_state, "wrong_backup_state"},
    {WebAuthnVerdict::no_credential, "no_credential"},
    {WebAuthnVerdict::wrong_credential_id, "wrong_credential_id"},
    {WebAuthnVerdict::unwanted_algorithm, "unwanted_algorithm"},
    {WebAuthnVerdict::malformed_key, "malformed_key"},
    {WebAuthnVerdict::wrong_user_handle, "wrong_user_handle"},
    {WebAuthnVerdict::backup_eligibility_changed, "backup_eligibility_changed"},
    {WebAuthnVerdict::wrong_signature, "wrong_signature"},
    {WebAuthnVerdict::sign_count_not_grown, "sign_count_not_grown"},
    {WebAuthnVerdict::accepted, "accepted"},
};

/// The first `size` bytes of `rest`, which are taken off it. Empty if there are fewer.
std::optional<BytesView> take(BytesView& rest, std::size_t size) {
  if (rest.size() < size) return std::nullopt;
  const BytesView taken = rest.first(size);
  rest = rest.subspan(size);
  return taken;
}

std::optional<std::size_t> take_size(BytesView& rest) {
  const auto bytes = take(rest, 2);
  if (!bytes) return std::nullopt;
  return static_cast<std::size_t>((*bytes)[0]) << 8 | (*bytes)[1];
}

/// Section 6.5.2.
std::optional<AuthenticatorData::Credential> take_credential(BytesView& rest) {
  AuthenticatorData::Credential credential;
  const auto aaguid = take(rest, credential.aaguid.size());
  if (!aaguid) return std::nullopt;
  std::ranges::copy(*aaguid, credential.aaguid.begin());
  const auto size = take_size(rest);
  const auto id = size ? take(rest, *size) : std::nullopt;
  if (!id) return std::nullopt;
  credential.id = *id;
  const BytesView from_key = rest;
  auto key = take_cbor(rest);
  if (!key || !key->as<CborValue::Map>()) return std::nullopt;
  credential.public_key = from_key.first(from_key.size() - rest.size());
  credential.key = std::move(*key);
  return credential;
}

WebAuthnVerdict judge_client_data(BytesView json, std::string_view type, const Ceremony& ceremony) {
  const auto data = parse_client_data(json);
  if (!data) return WebAuthnVerdict::malformed_client_data;
  if (data->type != type) return WebAuthnVerdict::wrong_type;
  if (!std::ranges::equal(data->challenge, ceremony.challenge)) return WebAuthnVerdict::wrong_challenge;
  const auto& origins = ceremony.relying_party.origins;
  if (std::ranges::find(origins, data->origin) == origins.end()) return WebAuthnVerdict::wrong_origin;
  return data->cross_origin ? WebAuthnVerdict::cross_origin : WebAuthnVerdict::accepted;
}

/// What both ceremonies ask of the authenticator.
WebAuthnVerdict judge_authenticator_data(const std::optional<AuthenticatorData>& data, const Ceremony& ceremony) {
  if (!data) return WebAuthnVerdict::malformed_authenticator_data;
  if (data->rp_id_hash != sha256(as_bytes(ceremony.relying_party.id))) return WebAuthnVerdict::wrong_rp_id;
  if (!data->user_present) return WebAuthnVerdict::user_absent;
  if (ceremony.needs_user_verification && !data->user_verified) return WebAuthnVerdict::user_not_verified;
  if (data->backed_up && !data->backup_eligible) return WebAuthnVerdict::wrong_backup_state;
  return WebAuthnVerdict::accepted;
}

/// The authenticator data in an attestation object (section 6.5.4). Empty unless it has the three members of one.
std::optional<BytesView> authenticator_data_in(BytesView attestation_object) {
  const auto object = parse_cbor(attestation_object);
  if (!object) return std::nullopt;
  const CborValue* const format = object->find("fmt");
  const CborValue* const statement = object->find("attStmt");
  const CborValue* const data = object->find("authData");
  if (!format || !format->as<std::string_view>() || !statement || !statement->as<CborValue::Map>()) return std::nullopt;
  const auto* const bytes = data ? data->as<BytesView>() : nullptr;
  return bytes ? std::optional(*bytes) : std::nullopt;
}

WebAuthnVerdict judge_new_credential(const std::optional<AuthenticatorData::Credential>& credential,
                                     BytesView named_id) {
  if (!credential) return WebAuthnVerdict::no_credential;
  if (credential->id.empty() || credential->id.size() > longest_credential_id ||
      !std::ranges::equal(credential->id, named_id)) {
    return WebAuthnVerdict::wrong_credential_id;
  }
  if (!algorithm_of(credential->key)) return WebAuthnVerdict::unwanted_algorithm;
  return load_cose_key(credential->key) ? WebAuthnVerdict::accepted : WebAuthnVerdict::malformed_key;
}

bool has_right_signature(const AssertionResponse& response, BytesView public_key) {
  const auto parsed = parse_cbor(public_key);
  const auto key = parsed ? load_cose_key(*parsed) : nullptr;
  const Digest client_data_hash = sha256(response.client_data_json);
  Bytes message = to_bytes(response.authenticator_data);
  message.insert(message.end(), client_data_hash.begin(), client_data_hash.end());
  return key && verify_webauthn_signature(*key, message, response.signature);
}

/// Section 7.2, from step 6 on, without what both ceremonies ask.
WebAuthnVerdict judge_known(const AssertionResponse& response, const AuthenticatorData& data,
                            const KnownCredential& known, const Ceremony& ceremony) {
  if (response.user_handle ? !std::ranges::equal(*response.user_handle, known.user_handle)
                           : ceremony.needs_user_handle) {
    return WebAuthnVerdict::wrong_user_handle;
  }
  if (data.backup_eligible != known.backup_eligible) return WebAuthnVerdict::backup_eligibility_changed;
  if (!has_right_signature(response, known.public_key)) return WebAuthnVerdict::wrong_signature;
  const bool counts = data.sign_count != 0 || known.sign_count != 0;
  if (counts && data.sign_count <= known.sign_count) return WebAuthnVerdict::sign_count_not_grown;
  return WebAuthnVerdict::accepted;
}

}  // namespace

std::string_view name_of(WebAuthnVerdict verdict) {
  static_assert(std::size(verdict_names) == static_cast<std::size_t>(WebAuthnVerdict::accepted) + 1);
  return verdict_names[static_cast<std::size_t>(verdict)].second;
}

std::optional<ClientData> parse_client_data(BytesView json) {
  if (json.size() > longest_client_data) return std::nullopt;
  const auto members = read_members(as_text(json));
  if (!members) return std::nullopt;
  const std::string* const type = text_in(*members, "type");
  const std::string* const challenge = text_in(*members, "challenge");
  const std::string* const origin = text_in(*members, "origin");
  auto challenge_bytes = challenge ? from_base64url(*challenge) : std::nullopt;
  if (!type || !challenge_bytes || !origin) return std::nullopt;
  const auto cross_origin = members->find("crossOrigin");
  const bool* const is_cross = cross_origin == members->end() ? nullptr : std::get_if<bool>(&cross_origin->second);
  if (cross_origin != members->end() && !is_cross) return std::nullopt;
  const bool names_top = members->contains("topOrigin");
  if (names_top && !text_in(*members, "topOrigin")) return std::nullopt;
  return ClientData{*type, std::move(*challenge_bytes), *origin, (is_cross && *is_cross) || names_top};
}

std::optional<AuthenticatorData> parse_authenticator_data(BytesView bytes) {
  AuthenticatorData data;
  const auto rp_id_hash = take(bytes, data.rp_id_hash.size());
  const auto flags = take(bytes, 1);
  const auto count = take(bytes, 4);
  if (!rp_id_hash || !flags || !count) return std::nullopt;
  std::ranges::copy(*rp_id_hash, data.rp_id_hash.begin());
  const auto is_set = [&](std::uint8_t flag) { return ((*flags)[0] & flag) != 0; };
  data.user_present = is_set(user_present_flag);
  data.user_verified = is_set(user_verified_flag);
  data.backup_eligible = is_set(backup_eligible_flag);
  data.backed_up = is_set(backed_up_flag);
  for (const std::uint8_t byte : *count) data.sign_count = data.sign_count << 8 | byte;
  if (is_set(credential_flag)) {
    data.credential = take_credential(bytes);
    if (!data.credential) return std::nullopt;
  }
  if (is_set(extensions_flag)) {
    const auto extensions = take_cbor(bytes);
    if (!extensions || !extensions->as<CborValue::Map>()) return std::nullopt;
  }
  if (!bytes.empty()) return std::nullopt;
  return data;
}

Registration verify_registration(const RegistrationResponse& response, const Ceremony& ceremony) {
  const auto refused = [](WebAuthnVerdict verdict) { return Registration{.verdict = verdict}; };
  WebAuthnVerdict verdict = judge_client_data(response.client_data_json, "webauthn.create", ceremony);
  if (verdict != WebAuthnVerdict::accepted) return refused(verdict);
  const auto bytes = authenticator_data_in(response.attestation_object);
  if (!bytes) return refused(WebAuthnVerdict::malformed_attestation);
  const auto data = parse_authenticator_data(*bytes);
  verdict = judge_authenticator_data(data, ceremony);
  if (verdict != WebAuthnVerdict::accepted) return refused(verdict);
  verdict = judge_new_credential(data->credential, response.credential_id);
  if (verdict != WebAuthnVerdict::accepted) return refused(verdict);
  return {.verdict = verdict,
          .credential_id = to_bytes(data->credential->id),
          .public_key = to_bytes(data->credential->public_key),
          .aaguid = data->credential->aaguid,
          .sign_count = data->sign_count,
          .user_verified = data->user_verified,
          .backup_eligible = data->backup_eligible,
          .backed_up = data->backed_up};
}

Assertion verify_assertion(const AssertionResponse& response, const KnownCredential& known, const Ceremony& ceremony) {
  const auto refused = [](WebAuthnVerdict verdict) { return Assertion{.verdict = verdict}; };
  WebAuthnVerdict verdict = judge_client_data(response.client_data_json, "webauthn.get", ceremony);
  if (verdict != WebAuthnVerdict::accepted) return refused(verdict);
  const auto data = parse_authenticator_data(response.authenticator_data);
  verdict = judge_authenticator_data(data, ceremony);
  if (verdict != WebAuthnVerdict::accepted) return refused(verdict);
  verdict = judge_known(response, *data, known, ceremony);
  if (verdict != WebAuthnVerdict::accepted) return refused(verdict);
  return {.verdict = verdict,
          .sign_count = data->sign_count,
          .user_verified = data->user_verified,
          .backed_up = data->backed_up};
}

}  // namespace ostiary::crypto
