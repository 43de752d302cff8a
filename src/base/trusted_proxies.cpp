#include "base/trusted_proxies.hpp"

#include <algorithm>
#include <charconv>
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

std::string TrustedProxies::client_address(std::string_view peer,
                                           const std::vector<std::string_view>& forwarded_for) const {
  const auto parsed_peer = parse_address(peer);
  if (!parsed_peer) return std::string(peer);
  IpAddress client = *parsed_peer;
  for (auto line = forwarded_for.rbegin(); line != forwarded_for.rend(); ++line) {
    std::string_view rest = *line;
    while (trusts(client)) {
      const auto comma = rest.rfind(',');
      const auto hop = parse_hop(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      if (!hop) return to_string(client);
      client = *hop;
      if (comma == std::string_view::npos) break;
      rest = rest.substr(0, comma);
    }
  }
  return to_string(client);
}

}  // namespace ostiary
