#include "crypto/jws.hpp"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <utility>
#include <vector>

#include "base/encoding.hpp"

namespace ostiary::crypto {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_token = 8 * 1024;

constexpr std::pair<JwsAlgorithm, std::string_view> algorithm_names[] = {
    {JwsAlgorithm::es256, "ES256"}, {JwsAlgorithm::eddsa, "EdDSA"}, {JwsAlgorithm::rs256, "RS256"}};

/// Members that would have us take a key from the token, or read it by rules that we do not know.
constexpr std::array<std::string_view, 6> refused_members{"crit", "jwk", "jku", "x5u", "x5c", "b64"};

/// Takes the events of Boost.JSON's parser for a header. The document parser would let the last of two equal names win.
struct HeaderHandler {
  static constexpr std::size_t max_object_size = 64;
  static constexpr std::size_t max_array_size = 64;
  static constexpr std::size_t max_key_size = 256;
  static constexpr std::size_t max_string_size = 4096;

  std::optional<std::string> algorithm, key_id, type;
  std::vector<std::string> names;  // of the header's own members, the last one being read
  std::string text;  // the part of a name or text that came so far
  int depth = 0;

  bool refuse(json::error_code& error) {
    error = json::error::syntax;
    return false;
  }

  bool is_member() const { return depth == 1 && !names.empty(); }

  /// A value that is no text: fine, but not for the members that have to be texts.
  bool other_value(json::error_code& error) {
    if (depth == 0) return refuse(error);
    const bool must_be_text = is_member() && (names.back() == "alg" || names.back() == "kid" || names.back() == "typ");
    return must_be_text ? refuse(error) : true;
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& error) {
    if (depth > 0 && !other_value(error)) return false;
    ++depth;
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    --depth;
    return true;
  }
  bool on_array_begin(json::error_code& error) {
    if (!other_value(error)) return false;
    ++depth;
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    --depth;
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    text.append(part.data(), part.size());
    std::string name = std::exchange(text, {});
    if (depth > 1) return true;
    if (std::ranges::find(names, name) != names.end()) return refuse(error);
    if (std::ranges::find(refused_members, name) != refused_members.end()) return refuse(error);
    names.push_back(std::move(name));
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    text.append(part.data(), part.size());
    std::string value = std::exchange(text, {});
    if (depth == 0) return refuse(error);
    if (!is_member()) return true;
    if (names.back() == "alg") algorithm = std::move(value);
    else if (names.back() == "kid") key_id = std::move(value);
    else if (names.back() == "typ") type = std::move(value);
    return true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code& error) { return other_value(error); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) { return other_value(error); }
  bool on_double(double, json::string_view, json::error_code& error) { return other_value(error); }
  bool on_bool(bool, json::error_code& error) { return other_value(error); }
  bool on_null(json::error_code& error) { return other_value(error); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

bool read_header(std::string_view header, JwsParts& parts) {
  json::basic_parser<HeaderHandler> parser{json::parse_options{}};
  json::error_code error;
  const std::size_t read = parser.write_some(false, header.data(), header.size(), error);
  if (error || read != header.size()) return false;
  HeaderHandler& handler = parser.handler();
  if (!handler.algorithm) return false;
  parts.algorithm = std::move(*handler.algorithm);
  parts.key_id = std::move(handler.key_id).value_or("");
  parts.type = std::move(handler.type).value_or("");
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
