#include "base/trusted_proxies.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "base/text.hpp"

namespace ostiary {

namespace {

/// An entry of X-Forwarded-For: an address, perhaps with a port, which some proxies add.
std::optional<IpAddress> parse_hop(std::string_view text) {
  text = trim_blanks(text);
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::nullopt : parse_address(text.substr(1, end - 1));
  }
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return parse_address(text);
}

/// Splits `text` at `separator`, but not inside quotes; nothing where a quote is left open.
std::optional<std::vector<std::string_view>> split_outside_quotes(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') ++i;
    else if (text[i] == '"') quoted = !quoted;
    else if (text[i] == separator && !quoted) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (quoted) return std::nullopt;
  parts.push_back(text.substr(begin));
  return parts;
}

/// The one `for` of a forwarded-element (RFC 7239, section 4), if it is an address. An IPv6 address has brackets, which
/// must be quoted; a port may follow.
std::optional<IpAddress> parse_element(std::string_view element) {
  std::optional<std::string_view> node;
  for (const auto pair : split_outside_quotes(element, ';').value_or(std::vector<std::string_view>())) {
    const auto trimmed = trim_blanks(pair);
    const auto equals = trimmed.find('=');
    if (!equal_ignoring_case(trimmed.substr(0, equals), "for") || equals == std::string_view::npos) continue;
    if (node) return std::nullopt;
    node = trimmed.substr(equals + 1);
  }
  if (!node) return std::nullopt;
  if (node->size() >= 2 && node->starts_with('"') && node->ends_with('"')) {
    node = node->substr(1, node->size() - 2);
  } else if (node->find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  return parse_hop(*node);
}

/// Who asked whom, by a line of Forwarded: nothing for each element that names no address, and once for a line that
/// can't be read.
std::vector<std::optional<IpAddress>> parse_forwarded(std::string_view line) {
  const auto elements = split_outside_quotes(line, ',');
  if (!elements) return {std::nullopt};
  std::vector<std::optional<IpAddress>> hops;
  for (const auto element : *elements) hops.push_back(parse_element(element));
  return hops;
}

bool within(const IpAddress& address, const IpAddress& base, int prefix) {
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) return false;
  const int rest = prefix % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (base.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    const auto slash = text.find('/');
    const auto base = parse_address(std::string_view(text).substr(0, slash));
    if (!base) throw std::invalid_argument("\"" + text + "\" is not a network such as 10.0.0.0/8 or fd00::/8");
    const bool dotted = text.substr(0, slash).find(':') == std::string::npos;
    const int widest = dotted ? 32 : 128;
    int prefix = widest;
    if (slash != std::string::npos) {
      const char* const end = text.data() + text.size();
      const auto parsed = std::from_chars(text.data() + slash + 1, end, prefix);
      if (parsed.ec != std::errc() || parsed.ptr != end || prefix < 0 || prefix > widest) {
        throw std::invalid_argument("\"" + text + "\" has no prefix length from 0 to " + std::to_string(widest));
      }
    }
    networks_.push_back({*base, dotted ? prefix + 96 : prefix});
  }
}

bool TrustedProxies::trusts(const IpAddress& address) const {
  return std::ranges::any_of(networks_, [&](const Network& one) { return within(address, one.base, one.prefix); });
}

bool TrustedProxies::trusts(std::string_view address) const {
  const auto parsed = parse_address(address);
  return parsed && trusts(*parsed);
}

std::string TrustedProxies::client_address(std::string_view peer, const std::vector<std::string_view>& forwarded_for,
                                           const std::vector<std::string_view>& forwarded) const {
  const auto parsed_peer = parse_address(peer);
  if (!parsed_peer) return std::string(peer);
  if (forwarded.empty()) return to_string(by_forwarded_for(*parsed_peer, forwarded_for));
  const IpAddress client = by_forwarded(*parsed_peer, forwarded);
  if (forwarded_for.empty() || by_forwarded_for(*parsed_peer, forwarded_for) == client) return to_string(client);
  return to_string(*parsed_peer);
}

IpAddress TrustedProxies::by_forwarded_for(IpAddress client, const std::vector<std::string_view>& lines) const {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    std::string_view rest = *line;
    while (trusts(client)) {
      const auto comma = rest.rfind(',');
      const auto hop = parse_hop(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      if (!hop) return client;
      client = *hop;
      if (comma == std::string_view::npos) break;
      rest = rest.substr(0, comma);
    }
  }
  return client;
}

IpAddress TrustedProxies::by_forwarded(IpAddress client, const std::vector<std::string_view>& lines) const {
  for (auto line = lines.rbegin(); line != lines.rend() && trusts(client); ++line) {
    const auto hops = parse_forwarded(*line);
    for (auto hop = hops.rbegin(); hop != hops.rend() && trusts(client); ++hop) {
      if (!*hop) return client;
      client = **hop;
    }
  }
  return client;
}

}  // namespace ostiary
