#include "gateway/cookies.hpp"

#include "base/text.hpp"
#include "contract/contract.hpp"

namespace ostiary::gateway {

CookieJar::CookieJar(const CookieOptions& options, const google::protobuf::EnumDescriptor& cookies)
    : options_(options) {
  for (int i = 0; i < cookies.value_count(); ++i) {
    const auto& cookie = *cookies.value(i);
    if (cookie.number() != 0) kinds_.emplace(static_cast<Cookie>(cookie.number()), read_kind(cookie));
  }
}

CookieJar::Kind CookieJar::read_kind(const google::protobuf::EnumValueDescriptor& cookie) const {
  const auto& written = cookie.options().GetExtension(ostiary::cookie_attributes);
  if (written.name().empty() || !written.path().starts_with('/')) {
    throw contract::ContractError(cookie.full_name() + ": a cookie has a name and a path that begins with /");
  }
  if ((written.seconds() != 0) == (written.lifetime() != LIFETIME_UNSPECIFIED)) {
    throw contract::ContractError(cookie.full_name() +
                                  ": a cookie lives so many seconds, or as long as a setting says");
  }
  // Browsers take __Host- with the path / and without a domain only.
  const bool of_host = options_.domain.empty() && written.path() == "/";
  const std::string prefix = !options_.secure ? "" : of_host ? "__Host-" : "__Secure-";
  const auto lifetime = written.seconds() != 0                        ? std::chrono::seconds(written.seconds())
                        : written.lifetime() == ACCESS_TOKEN_LIFETIME ? options_.access_lifetime
                                                                      : options_.refresh_lifetime;
  return {prefix + written.name(), written.path(), lifetime};
}

const std::string& CookieJar::name(Cookie cookie) const { return kinds_.at(cookie).name; }

Result<std::map<Cookie, std::string>> CookieJar::read(const std::vector<std::string_view>& headers) const {
  std::map<Cookie, std::string> found;
  for (std::string_view rest : headers) {
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const std::string_view pair = trim_blanks(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      for (const auto& [cookie, kind] : kinds_) {
        if (pair.substr(0, equals) != kind.name) continue;
        if (!found.emplace(cookie, pair.substr(equals + 1)).second) {
          return refuse(Refusal::conflicting_credentials, "The cookie " + kind.name + " was sent twice.");
        }
      }
    }
  }
  return found;
}

std::string CookieJar::attributes(const Kind& kind, std::chrono::seconds lifetime) const {
  std::string text = "; Path=" + kind.path + "; Max-Age=" + std::to_string(lifetime.count());
  text += "; HttpOnly; SameSite=Lax";
  if (options_.secure) text += "; Secure";
  if (!options_.domain.empty()) text += "; Domain=" + options_.domain;
  return text;
}

std::string CookieJar::set(Cookie cookie, std::string_view value) const {
  const Kind& kind = kinds_.at(cookie);
  return kind.name + "=" + std::string(value) + attributes(kind, kind.lifetime);
}

std::string CookieJar::clear(Cookie cookie) const {
  const Kind& kind = kinds_.at(cookie);
  return kind.name + "=" + attributes(kind, std::chrono::seconds(0));
}

}  // namespace ostiary::gateway
