#include "config_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "adapters/http_sms_gateway.hpp"
#include "adapters/smtp_mailer.hpp"
#include "base/bytes.hpp"
#include "base/encoding.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "base/trusted_proxies.hpp"
#include "limits/phone_number.hpp"
#include "storage/conninfo.hpp"

namespace ostiary {
namespace {

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || text[0] == '-') return std::nullopt;
  return value;
}

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array units{Unit{'d', 86400}, Unit{'h', 3600}, Unit{'m', 60}, Unit{'s', 1}};

std::optional<std::int64_t> seconds_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto unit = std::ranges::find(units, text.back(), &Unit::letter);
  const auto count = digits(text.substr(0, text.size() - 1));
  if (unit == units.end() || !count || *count > 1'000'000'000) return std::nullopt;
  return *count * unit->seconds;
}

/// Letters, digits, hyphens and dots, no label empty or longer than 63 or with a hyphen at its end.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (!text.empty()) {
    const auto dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    const auto is_fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, is_fine)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
  return false;
}

/// Scheme, host and port of an origin in lower case; nothing for a text with anything else in it.
std::optional<std::string> origin_of(std::string_view text) {
  const std::string lower = lower_case(text);
  std::string_view rest = lower;
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::string_view whole = rest;
  const auto scheme = rest.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const std::string_view name = rest.substr(0, scheme);
  if (name != "https" && name != "http") return std::nullopt;
  rest.remove_prefix(scheme + 3);

  const auto bracket = rest.find(']');
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = rest.substr(0, colon);
  if (colon != std::string_view::npos) {
    const auto port = digits(rest.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return std::nullopt;
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos || !parse_address(host)) return std::nullopt;
  } else if (!is_host_name(host)) {
    return std::nullopt;
  }
  // Browsers leave the scheme's own port out of an origin.
  const std::string_view own_port = name == "https" ? ":443" : ":80";
  std::string origin(whole);
  if (colon != std::string_view::npos && rest.substr(colon) == own_port) origin.resize(origin.size() - own_port.size());
  return origin;
}

/// The origin of an app's page, in the letters of the text: browsers don't change the host behind such a scheme.
std::optional<std::string> app_origin_of(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  if (!is_host_name(lower_case(text.substr(text.find("://") + 3)))) return std::nullopt;
  return std::string(text);
}

}  // namespace

namespace reading {

Read<std::int64_t> number(std::string_view text, std::int64_t lowest, std::int64_t highest) {
  const auto value = digits(text);
  if (value && *value >= lowest && *value <= highest) return *value;
  return std::unexpected("a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest));
}

Read<bool> on_or_off(std::string_view text) {
  const std::string lower = lower_case(text);
  if (lower == "on" || lower == "true") return true;
  if (lower == "off" || lower == "false") return false;
  return std::unexpected("on or off");
}

Read<std::chrono::seconds> duration(std::string_view text, std::int64_t lowest, std::int64_t highest) {
  const auto value = seconds_of(text);
  if (value && *value >= lowest && *value <= highest) return std::chrono::seconds(*value);
  return std::unexpected("a duration like 10s, 15m, 12h or 7d, from " +
                         showing::duration(std::chrono::seconds(lowest)) + " to " +
                         showing::duration(std::chrono::seconds(highest)));
}

Read<std::vector<Rate>> rates(std::string_view text) {
  constexpr std::int64_t most = 1'000'000;
  std::vector<Rate> rates;
  for (const std::string& item : list(text)) {
    const auto slash = item.find('/');
    const auto burst = item.find(" burst ");
    if (slash == std::string::npos || burst == std::string::npos || burst < slash)
      return std::unexpected("a limit like \"20/1h burst 10\"");
    const std::string_view view = item;
    const auto count = digits(trim_blanks(view.substr(0, slash)));
    const auto period = seconds_of(trim_blanks(view.substr(slash + 1, burst - slash - 1)));
    const auto at_once = digits(trim_blanks(view.substr(burst + 7)));
    const bool is_fine = count && period && at_once && *count >= 1 && *count <= most && *period >= 1 &&
                         *period <= 400 * 86400 && *at_once >= 1 && *at_once <= most;
    if (!is_fine) return std::unexpected("a limit like \"20/1h burst 10\", each number at least 1");
    rates.push_back({*count, std::chrono::seconds(*period), *at_once});
  }
  if (rates.empty()) return std::unexpected("a limit like \"20/1h burst 10\"");
  return rates;
}

std::vector<std::string> list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto item = trim_blanks(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

Read<std::string> public_url(std::string_view text) {
  const auto origin = origin_of(text);
  if (origin && (origin->starts_with("https://") || is_this_machine(host_of(*origin)))) return *origin;
  return std::unexpected("https://host or https://host:port without a path (http on localhost only)");
}

Read<std::string> app_url(std::string_view text) {
  const auto scheme = text.find("://");
  const auto path = scheme == std::string_view::npos ? scheme : text.find_first_of("/?#", scheme + 3);
  const auto origin = origin_of(text.substr(0, path));
  const bool is_url_text = std::ranges::all_of(
      text, [](char c) { return c > ' ' && c < 0x7F && !std::string_view("\"<>\\^`{|}").contains(c); });
  if (origin && is_url_text && (origin->starts_with("https://") || is_this_machine(host_of(*origin)))) {
    return *origin + std::string(path == std::string_view::npos ? std::string_view{} : text.substr(path));
  }
  return std::unexpected("a URL like https://app.example.org/sign-in (http on localhost only)");
}

Read<std::vector<std::string>> addresses(std::string_view text) {
  auto items = list(text);
  const auto is_fine = [](const std::string& item) {
    return item == "localhost" || item == "*" || parse_address(item).has_value();
  };
  if (!items.empty() && std::ranges::all_of(items, is_fine)) return items;
  return std::unexpected("IP addresses, localhost or *, separated by commas");
}

Read<std::vector<std::string>> networks(std::string_view text) {
  auto items = list(text);
  try {
    TrustedProxies{items};
    return items;
  } catch (const std::invalid_argument& error) {
    return std::unexpected(std::string("networks separated by commas, and ") + error.what());
  }
}

Read<std::vector<std::string>> origins(std::string_view text) {
  std::vector<std::string> origins;
  for (const std::string& item : list(text)) {
    const auto origin = is_app_origin(item) ? app_origin_of(item) : origin_of(item);
    if (!origin)
      return std::unexpected("origins like https://app.example.org, separated by commas, and not '" + item + "'");
    origins.push_back(*origin);
  }
  return origins;
}

Read<std::string> webauthn_rp_id(std::string_view text) {
  std::string name = lower_case(text);
  if (is_host_name(name)) return name;
  return std::unexpected("a domain like example.org");
}

Read<std::vector<std::string>> webauthn_origins(std::string_view text) {
  constexpr std::string_view android = "android:apk-key-hash:";
  std::vector<std::string> origins;
  for (const std::string& item : list(text)) {
    // A SHA-256 of the certificate that signed the app.
    const bool is_app =
        item.starts_with(android) && item.size() == android.size() + 43 && from_base64url(item.substr(android.size()));
    const auto origin = is_app ? std::optional(item) : origin_of(item);
    if (!origin) {
      return std::unexpected("origins like https://shop.example.com or android:apk-key-hash:..., separated by commas");
    }
    origins.push_back(*origin);
  }
  return origins;
}

Read<std::string> hsts(std::string_view text) {
  const auto semicolon = std::min(text.find(';'), text.size());
  const std::string_view age = trim_blanks(text.substr(0, semicolon));
  bool is_fine = age.starts_with("max-age=") && digits(age.substr(8)).has_value();
  for (std::string_view rest = text.substr(semicolon); is_fine && !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view directive = trim_blanks(rest.substr(0, rest.find(';')));
    is_fine = directive == "includeSubDomains" || directive == "preload";
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  }
  if (is_fine) return std::string(trim_blanks(text));
  return std::unexpected("a value of Strict-Transport-Security, like \"max-age=31536000; includeSubDomains\"");
}

Read<std::string> host_name(std::string_view text) {
  std::string name = lower_case(text);
  if (name.starts_with('.')) name.erase(0, 1);
  if (is_host_name(name) && name.find('.') != std::string::npos) return name;
  return std::unexpected("a domain like example.org");
}

Read<std::string> short_name(std::string_view text) {
  const TextFacts facts = inspect(text);
  if (text.size() <= 64 && facts.valid && !facts.has_control && !facts.has_nul) return std::string(text);
  return std::unexpected("a name of at most 64 bytes without control characters");
}

Read<Secret> database_url(std::string_view given) {
  const std::string expected = "a URL like postgresql://user:password@host:5432/name";
  // A scheme has no case (RFC 3986, 3.1), but libpq takes lower case only.
  const auto scheme = given.substr(0, given.find("://"));
  const std::string text = lower_case(scheme) + std::string(given.substr(scheme.size()));
  if (!text.starts_with("postgresql://") && !text.starts_with("postgres://")) return std::unexpected(expected);
  const auto conninfo = storage::parse_conninfo(text);
  if (!conninfo) return std::unexpected(expected + "; libpq says: " + conninfo.error());
  const auto mode = conninfo->find("sslmode");
  if (mode == conninfo->end()) return Secret(text);
  if (const auto taken = ssl_mode(mode->second); !taken) {
    const bool is_weak = mode->second == "prefer" || mode->second == "allow";
    return std::unexpected("sslmode=" + taken.error() + (is_weak ? ", not " + mode->second : ""));
  }
  return Secret(text);
}

Read<std::string> ssl_mode(std::string_view text) {
  static constexpr std::array<std::string_view, 4> modes{"disable", "require", "verify-ca", "verify-full"};
  if (std::ranges::find(modes, text) != modes.end()) return std::string(text);
  return std::unexpected("disable, require, verify-ca or verify-full");
}

Read<Secret> smtp_url(std::string_view text) {
  if (const auto server = adapters::parse_smtp_url(text); !server) {
    return std::unexpected("a URL like smtp://user:password@host:587; this one " + server.error());
  }
  return Secret(std::string(text));
}

Read<std::string> sender(std::string_view text) {
  if (const auto sender = adapters::parse_sender(text); !sender) {
    return std::unexpected("a sender like no-reply@example.org or Example <no-reply@example.org>");
  }
  return std::string(text);
}

Read<Secret> sms_url(std::string_view text) {
  if (const auto server = adapters::parse_sms_url(text); !server) {
    return std::unexpected("a URL like https://sms.example.org/send or twilio://SID:TOKEN@api.twilio.com; this one " +
                           server.error());
  }
  return Secret(std::string(text));
}

Read<Secret> bearer_token(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; })) return Secret(std::string(text));
  return std::unexpected("printable ASCII without blanks");
}

Read<std::vector<std::string>> dialling_prefixes(std::string_view text) {
  std::vector<std::string> prefixes;
  for (std::string item : list(text)) {
    if (item.starts_with('+')) item.erase(0, 1);
    const bool is_number = std::ranges::all_of(item, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number || item.size() > 15 || limits::country_code_of(item).empty()) {
      return std::unexpected("country codes like 43, or longer beginnings of numbers, separated by commas");
    }
    prefixes.push_back(std::move(item));
  }
  return prefixes;
}

Read<Secret> master_key(std::string_view text) {
  constexpr std::size_t key_size = 32;
  if (text.size() == 2 * key_size) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
      unsigned value = 0;
      const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
      if (error != std::errc() || end != text.data() + i + 2) break;
      bytes += static_cast<char>(value);
    }
    if (bytes.size() == key_size) return Secret(std::move(bytes));
    wipe(bytes);
  }
  if (const auto bytes = from_base64url(text); bytes && bytes->size() == key_size) {
    return Secret(std::string(as_text(*bytes)));
  }
  return std::unexpected("32 bytes in hexadecimal (64 digits) or in URL-safe base64 (43 characters)");
}

}  // namespace reading

namespace showing {

std::string duration(std::chrono::seconds duration) {
  for (const Unit& unit : units) {
    if (duration.count() != 0 && duration.count() % unit.seconds == 0) {
      return std::to_string(duration.count() / unit.seconds) + unit.letter;
    }
  }
  return "0s";
}

std::string rates(const std::vector<Rate>& rates) {
  std::vector<std::string> items;
  for (const Rate& rate : rates) {
    items.push_back(std::to_string(rate.count) + "/" + duration(rate.period) + " burst " + std::to_string(rate.burst));
  }
  return list(items);
}

std::string list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

}  // namespace showing

bool is_app_origin(std::string_view origin) {
  static constexpr std::array schemes{"capacitor://", "tauri://", "chrome-extension://", "moz-extension://",
                                      "safari-web-extension://"};
  return std::ranges::any_of(schemes, [origin](std::string_view scheme) { return origin.starts_with(scheme); });
}

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
  if (host.starts_with('[')) return lower_case(host.substr(1, host.find(']') - 1));
  return lower_case(host.substr(0, host.find(':')));
}

}  // namespace ostiary
