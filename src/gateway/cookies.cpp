#include "gateway/cookies.hpp"

#include "base/text.hpp"

namespace ostiary::gateway {

CookieJar::CookieJar(const CookieOptions& options) : options_(options) {
  const std::string prefix = !options_.secure ? "" : options_.domain.empty() ? "__Host-" : "__Secure-";
  names_[Cookie::ACCESS] = prefix + "ostiary_access";
  names_[Cookie::REFRESH_TOKEN] = prefix + "ostiary_refresh";
  names_[Cookie::DEVICE] = prefix + "ostiary_device";
}

const std::string& CookieJar::name(Cookie cookie) const { return names_.at(cookie); }

Result<std::map<Cookie, std::string>> CookieJar::read(const std::vector<std::string_view>& headers) const {
  std::map<Cookie, std::string> found;
  for (std::string_view rest : headers) {
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const std::string_view pair = trim_blanks(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      for (const auto& [cookie, name] : names_) {
        if (pair.substr(0, equals) != name) continue;
        if (!found.emplace(cookie, pair.substr(equals + 1)).second) {
          return refuse(Refusal::conflicting_credentials, "The cookie " + name + " was sent twice.");
        }
      }
    }
  }
  return found;
}

std::chrono::seconds CookieJar::lifetime(Cookie cookie) const {
  switch (cookie) {
    case Cookie::ACCESS: return options_.access_lifetime;
    case Cookie::REFRESH_TOKEN: return options_.refresh_lifetime;
    default: return std::chrono::hours(24 * 365);
  }
}

std::string CookieJar::attributes(std::chrono::seconds lifetime) const {
  std::string text = "; Path=/; Max-Age=" + std::to_string(lifetime.count()) + "; HttpOnly; SameSite=Lax";
  if (options_.secure) text += "; Secure";
  if (!options_.domain.empty()) text += "; Domain=" + options_.domain;
  return text;
}

std::string CookieJar::set(Cookie cookie, std::string_view value) const {
  return name(cookie) + "=" + std::string(value) + attributes(lifetime(cookie));
}

std::string CookieJar::clear(Cookie cookie) const { return name(cookie) + "=" + attributes(std::chrono::seconds(0)); }

}  // namespace ostiary::gateway
