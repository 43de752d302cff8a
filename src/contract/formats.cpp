#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <string>

#include "base/encoding.hpp"
#include "base/id.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "contract/field_values.hpp"
#include "contract/rules.hpp"
#include "limits/email_address.hpp"

namespace ostiary::contract {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 3 && host.ends_with(']') &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  }
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.find("..") == std::string_view::npos &&
         std::ranges::all_of(host, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; });
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

/// An absolute URL of RFC 3986: https, or http on this machine; no user before the host.
bool is_https_url(std::string_view text) {
  const bool ascii = std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
  const auto end_of_scheme = text.find("://");
  if (!ascii || end_of_scheme == std::string_view::npos) return false;
  const std::string scheme = lower_case(text.substr(0, end_of_scheme));
  const bool https = scheme == "https", http = scheme == "http";
  if (!https && !http) return false;
  const auto rest = text.substr(end_of_scheme + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const auto host = authority.substr(0, colon);
  if (!is_host(host) || (http && !is_this_machine(lower_case(host)))) return false;
  return colon == std::string_view::npos || is_port(authority.substr(colon + 1));
}

/// The shape of BCP 47: a language of 2 or 3 letters, then subtags of 1 to 8 letters or digits, none of one at the end.
bool is_locale(std::string_view text) {
  bool first = true;
  for (;;) {
    const auto dash = text.find('-');
    const auto subtag = text.substr(0, dash);
    const bool last = dash == std::string_view::npos;
    if (subtag.empty() || subtag.size() > 8 || (last && subtag.size() == 1)) return false;
    if (first && (subtag.size() < 2 || subtag.size() > 3 || !std::ranges::all_of(subtag, is_letter))) return false;
    if (!std::ranges::all_of(subtag, [](char c) { return is_letter(c) || is_digit(c); })) return false;
    if (last) return true;
    first = false;
    text.remove_prefix(dash + 1);
  }
}

/// A name for which the system's tzdata has a file, which an update of the system brings up to date. `right/` has times
/// with leap seconds; `posix/`, `posixrules` and `localtime` are other names for the same files.
bool is_time_zone(std::string_view text) {
  if (text == "UTC") return true;
  if (text.size() > 64 || !is_letter(text.front())) return false;
  if (!std::ranges::all_of(
          text, [](char c) { return is_letter(c) || is_digit(c) || std::string_view("/_-+").contains(c); })) {
    return false;
  }
  if (text.starts_with("right/") || text.starts_with("posix") || text == "localtime" || text == "Factory") return false;
  constexpr std::string_view begins_with = "TZif";  // RFC 8536
  std::array<char, begins_with.size()> beginning{};
  std::ifstream file("/usr/share/zoneinfo/" + std::string(text), std::ios::binary);
  return file.read(beginning.data(), beginning.size()) &&
         std::string_view(beginning.data(), beginning.size()) == begins_with;
}

/// The only character that is blank and that Unicode calls neither white space nor ignorable.
constexpr UChar32 braille_blank = 0x2800;

/// A text with something to see in it, and without the controls that turn the text around it.
bool is_name(std::string_view text) {
  bool is_visible = false;
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t position = 0; position < size;) {
    UChar32 character = 0;
    U8_NEXT(text.data(), position, size, character);
    if (character < 0 || u_charType(character) == U_CONTROL_CHAR || u_hasBinaryProperty(character, UCHAR_BIDI_CONTROL))
      return false;
    is_visible = is_visible || (!u_isUWhiteSpace(character) && character != braille_blank &&
                                !u_hasBinaryProperty(character, UCHAR_DEFAULT_IGNORABLE_CODE_POINT));
  }
  return is_visible;
}

}  // namespace

bool has_format(std::string_view text, Format format) {
  switch (format) {
    case EMAIL: return limits::parse_email(text).has_value();
    case UUID: return parse_uuid(text).has_value();
    case TIMESTAMP: return parse_rfc3339(text).has_value();
    case HTTPS_URL: return text.empty() || is_https_url(text);
    case LOCALE: return text.empty() || is_locale(text);
    case TIME_ZONE: return text.empty() || is_time_zone(text);
    case NAME: return text.empty() || is_name(text);
    case BASE64URL: return from_base64url(text).has_value();
    default: return true;
  }
}

std::string_view format_expectation(Format format) {
  switch (format) {
    case EMAIL: return "an email address";
    case UUID: return "a UUID";
    case TIMESTAMP: return "a time in UTC as in 2026-01-31T08:15:00Z";
    case HTTPS_URL: return "an https URL";
    case LOCALE: return "a language tag as in en or de-CH";
    case TIME_ZONE: return "a name of the time zone database as in Europe/Vienna";
    case NAME: return "a name: not blank, and without control or text-direction characters";
    case BASE64URL: return "unpadded base64url";
    default: return "a string";
  }
}

}  // namespace ostiary::contract
