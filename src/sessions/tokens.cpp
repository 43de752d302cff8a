#include "sessions/tokens.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "crypto/jws.hpp"

namespace ostiary::sessions {

namespace {

namespace json = boost::json;

std::int64_t to_seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }

Time from_seconds(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

json::array to_array(const std::vector<std::string>& words) {
  json::array array;
  for (const auto& word : words) array.emplace_back(word);
  return array;
}

std::unexpected<Refused> not_ours() {
  return refuse(Refusal::not_authenticated, "The access token is not one that this service issued.");
}

const json::string* text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value ? value->if_string() : nullptr;
}

std::optional<Time> time_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (!value || !value->is_int64()) return std::nullopt;
  const std::int64_t seconds = value->get_int64();
  // The years 1970 to 9999: beyond them microseconds overflow.
  if (seconds < 0 || seconds > 253'402'300'799) return std::nullopt;
  return from_seconds(seconds);
}

std::vector<std::string> words_member(const json::object& object, std::string_view name) {
  std::vector<std::string> words;
  const auto* value = object.if_contains(name);
  if (!value || !value->is_array()) return words;
  for (const auto& word : value->get_array()) {
    if (word.is_string()) words.emplace_back(word.get_string());
  }
  return words;
}

constexpr std::size_t id_size = 16;
constexpr std::size_t generation_size = 8;
constexpr std::size_t mac_size = std::tuple_size_v<decltype(RefreshToken::mac)>;

/// What the MAC is over, and where a token begins.
Bytes signed_part(ChainId chain, std::int64_t generation) {
  Bytes bytes(chain.uuid.bytes.begin(), chain.uuid.bytes.end());
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(generation) >> shift));
  }
  return bytes;
}

Digest mac_of(BytesView key, BytesView signed_part) {
  return crypto::hmac_sha256(key, {as_bytes("refresh token"), signed_part});
}

}  // namespace

AccessTokens::AccessTokens(const vault::ServerKeys& keys, const IdSource& ids, TokenNames names)
    : keys_(keys), ids_(ids), names_(std::move(names)) {}

std::string AccessTokens::issue(const AccessClaims& claims) const {
  const auto key = keys_.signing_key();
  const json::object header{
      {"alg", crypto::name_of(key.key->algorithm())}, {"typ", "at+jwt"}, {"kid", to_string(key.id)}};
  const json::object payload{{"iss", names_.issuer},
                             {"aud", names_.audience},
                             {"client_id", names_.client_id},
                             {"sub", to_string(claims.user_id)},
                             {"sid", to_string(claims.session_id)},
                             {"jti", to_string(ids_.make_uuid())},
                             {"iat", to_seconds(claims.issued_at)},
                             {"exp", to_seconds(claims.expires_at)},
                             {"roles", to_array(claims.roles)},
                             {"amr", to_array(claims.amr)},
                             {"auth_time", to_seconds(claims.auth_time)}};
  return crypto::sign_jws(*key.key, json::serialize(header), json::serialize(payload));
}

Result<AccessClaims> AccessTokens::verify(std::string_view token) const {
  const auto parts = crypto::parse_jws(token);
  if (!parts || parts->type != "at+jwt") return not_ours();
  const auto key = keys_.verifying_key(parts->key_id);
  if (!key || crypto::name_of(key->algorithm()) != parts->algorithm) return not_ours();
  if (!key->verify(as_bytes(parts->signing_input), parts->signature)) return not_ours();

  // What follows was written by `issue`; it is still read with care, as another program may hold the same keys one day.
  boost::system::error_code error;
  const json::value payload = json::parse(parts->payload, error);
  const auto* claims = error ? nullptr : payload.if_object();
  if (!claims) return not_ours();
  const auto* issuer = text_member(*claims, "iss");
  const auto* audience = text_member(*claims, "aud");
  const auto* subject = text_member(*claims, "sub");
  const auto* session = text_member(*claims, "sid");
  if (!issuer || *issuer != names_.issuer || !audience || *audience != names_.audience || !subject || !session)
    return not_ours();
  const auto user_id = parse_id<UserId>(*subject);
  const auto session_id = parse_id<SessionId>(*session);
  const auto issued_at = time_member(*claims, "iat");
  const auto expires_at = time_member(*claims, "exp");
  const auto auth_time = time_member(*claims, "auth_time");
  if (!user_id || !session_id || !issued_at || !expires_at || !auth_time) return not_ours();
  return AccessClaims{*user_id,   *session_id, words_member(*claims, "roles"), words_member(*claims, "amr"), *auth_time,
                      *issued_at, *expires_at};
}

std::string make_refresh_token(ChainId chain, std::int64_t generation, BytesView key) {
  Bytes token = signed_part(chain, generation);
  const Digest mac = mac_of(key, token);
  token.insert(token.end(), mac.begin(), mac.begin() + mac_size);
  return to_base64url(token);
}

std::optional<RefreshToken> parse_refresh_token(std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != id_size + generation_size + mac_size) return std::nullopt;
  const BytesView all(*bytes);
  RefreshToken token{};
  std::ranges::copy(all.first(id_size), token.chain.uuid.bytes.begin());
  std::uint64_t generation = 0;
  for (const auto byte : all.subspan(id_size, generation_size)) generation = generation << 8 | byte;
  token.generation = static_cast<std::int64_t>(generation);
  if (token.generation < 1) return std::nullopt;
  std::ranges::copy(all.last(mac_size), token.mac.begin());
  token.hash = refresh_token_hash(text);
  return token;
}

bool is_signed(const RefreshToken& token, BytesView key) {
  const Digest mac = mac_of(key, signed_part(token.chain, token.generation));
  return crypto::equal_in_constant_time(BytesView(mac).first(mac_size), token.mac);
}

Digest refresh_token_hash(std::string_view token) { return crypto::sha256(as_bytes(token)); }

}  // namespace ostiary::sessions
