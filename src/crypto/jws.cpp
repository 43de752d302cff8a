#include "crypto/jws.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.hpp"
#include "crypto/json_members.hpp"

namespace ostiary::crypto {
namespace {

constexpr std::size_t longest_token = 8 * 1024;

constexpr std::pair<JwsAlgorithm, std::string_view> algorithm_names[] = {
    {JwsAlgorithm::es256, "ES256"}, {JwsAlgorithm::eddsa, "EdDSA"}, {JwsAlgorithm::rs256, "RS256"}};

/// Members that would have us take a key from the token, or read it by rules that we do not know.
constexpr std::array<std::string_view, 6> refused_members{"crit", "jwk", "jku", "x5u", "x5c", "b64"};

/// Reads the members that a header may have. False if `alg` is not a text, or `kid` or `typ` is something else.
bool read_header(std::string_view header, JwsParts& parts) {
  const auto members = read_members(header);
  if (!members || text_in(*members, "alg") == nullptr) return false;
  if (std::ranges::any_of(refused_members, [&](auto name) { return members->contains(name); })) return false;
  for (const std::string_view name : {"kid", "typ"}) {
    if (members->contains(name) && text_in(*members, name) == nullptr) return false;
  }
  const auto text = [&](std::string_view name) {
    const std::string* const found = text_in(*members, name);
    return found ? *found : std::string();
  };
  parts.algorithm = text("alg");
  parts.key_id = text("kid");
  parts.type = text("typ");
  return true;
}

}  // namespace

std::string_view name_of(JwsAlgorithm algorithm) {
  return std::ranges::find(algorithm_names, algorithm, &std::pair<JwsAlgorithm, std::string_view>::first)->second;
}

std::optional<JwsAlgorithm> parse_algorithm(std::string_view name) {
  for (const auto& [algorithm, known] : algorithm_names) {
    if (known == name) return algorithm;
  }
  return std::nullopt;
}

std::optional<JwsParts> parse_jws(std::string_view token) {
  if (token.size() > longest_token || std::ranges::count(token, '.') != 2) return std::nullopt;
  const std::size_t first_dot = token.find('.');
  const std::size_t second_dot = token.rfind('.');
  const auto header = from_base64url(token.substr(0, first_dot));
  const auto payload = from_base64url(token.substr(first_dot + 1, second_dot - first_dot - 1));
  auto signature = from_base64url(token.substr(second_dot + 1));
  if (!header || !payload || !signature) return std::nullopt;
  JwsParts parts;
  if (!read_header(as_text(*header), parts)) return std::nullopt;
  parts.payload = as_text(*payload);
  parts.signature = std::move(*signature);
  parts.signing_input = token.substr(0, second_dot);
  return parts;
}

std::string sign_jws(const JwsKey& key, std::string_view header, std::string_view payload) {
  std::string token = to_base64url(as_bytes(header));
  token += '.';
  token += to_base64url(as_bytes(payload));
  const Bytes signature = key.sign(as_bytes(token));
  token += '.';
  token += to_base64url(signature);
  return token;
}

}  // namespace ostiary::crypto
