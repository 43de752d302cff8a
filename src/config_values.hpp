#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "ports/rate_limiter.hpp"

namespace ostiary {

enum class LogFormat { automatic, text, json };

/// How pages of CORS_ORIGINS get their tokens.
enum class BrowserTokens { cookie, body };

/// Texts of settings into values. The error says what was expected: "a whole number from 0 to 65535".
namespace reading {

template <class T>
using Read = std::expected<T, std::string>;

Read<std::int64_t> number(std::string_view text, std::int64_t lowest, std::int64_t highest);
Read<bool> on_or_off(std::string_view text);  ///< also true and false
/// `10s`, `15m`, `12h`, `7d`; the bounds are in seconds.
Read<std::chrono::seconds> duration(std::string_view text, std::int64_t lowest, std::int64_t highest);
/// `20/1h burst 10`, several separated by commas.
Read<std::vector<Rate>> rates(std::string_view text);
/// The items between the commas, trimmed and without empty ones.
std::vector<std::string> list(std::string_view text);

Read<std::string> public_url(std::string_view text);                ///< an origin, in lower case, without a slash
Read<std::vector<std::string>> addresses(std::string_view text);    ///< localhost, *, or IP addresses
Read<std::vector<std::string>> networks(std::string_view text);     ///< CIDR, or IP addresses
/// Of pages, or of apps and browser extensions (`is_app_origin`).
Read<std::vector<std::string>> origins(std::string_view text);
Read<std::string> webauthn_rp_id(std::string_view text);
Read<std::vector<std::string>> webauthn_origins(std::string_view text);
Read<std::string> hsts(std::string_view text);                      ///< the value of Strict-Transport-Security
Read<std::string> host_name(std::string_view text);
Read<std::string> app_url(std::string_view text);                   ///< with any path, query and fragment
Read<std::string> short_name(std::string_view text);                ///< at most 64 bytes without control characters
Read<Secret> database_url(std::string_view text);
Read<std::string> ssl_mode(std::string_view text);
Read<Secret> smtp_url(std::string_view text);
Read<std::string> sender(std::string_view text);
Read<Secret> sms_url(std::string_view text);
Read<Secret> bearer_token(std::string_view text);                   ///< RFC 6750
Read<std::vector<std::string>> dialling_prefixes(std::string_view text);  ///< digits that begin with a country code
Read<Secret> master_key(std::string_view text);                     ///< its 32 bytes

}  // namespace reading

/// Formats values as texts that can be parsed again.
namespace showing {

std::string duration(std::chrono::seconds duration);  ///< in the largest unit without a remainder
std::string rates(const std::vector<Rate>& rates);
std::string list(const std::vector<std::string>& items);

}  // namespace showing

/// Whether an origin's scheme is one that apps and browser extensions have for their pages: capacitor, tauri,
/// chrome-extension, moz-extension or safari-web-extension.
bool is_app_origin(std::string_view origin);

/// The host in an origin or a URL with an authority, without user, port and brackets, in lower case; empty if there is
/// none.
std::string host_of(std::string_view url);

}  // namespace ostiary
