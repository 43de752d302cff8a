#include "gateway/cookies.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "contract/contract.hpp"

namespace ostiary::gateway {

namespace {

constexpr std::string_view host_prefix = "__Host-";

/// Browsers ignore a longer Path (RFC 6265bis, section 5.6).
constexpr std::size_t longest_path = 1024;

/// Adds the paths of cookies that a browser sends to `path`: "/", "/api", "/api/", "/api/auth" and so on. What can't
/// stand in the attribute of a cookie ends it.
void add_paths_covering(std::string_view path, std::set<std::string>& paths) {
  const auto plain = std::ranges::find_if(path, [](char c) { return c <= ' ' || c >= 0x7f || c == ';'; });
  path = path.substr(0, static_cast<std::size_t>(plain - path.begin()));
  paths.emplace("/");
  for (std::size_t end = 1; end < path.size();) {
    end = std::min(path.find('/', end), path.size());
    if (end >= longest_path) return;
    paths.emplace(path.substr(0, end));
    if (end < path.size()) paths.emplace(path.substr(0, ++end));
  }
}

}  // namespace

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
  const std::string prefix = !options_.secure ? "" : of_host ? std::string(host_prefix) : "__Secure-";
  const auto lifetime = written.seconds() != 0                        ? std::chrono::seconds(written.seconds())
                        : written.lifetime() == ACCESS_TOKEN_LIFETIME ? options_.access_lifetime
                                                                      : options_.refresh_lifetime;
  return {prefix + written.name(), written.path(), lifetime};
}

const std::string& CookieJar::name(Cookie cookie) const { return kinds_.at(cookie).name; }

CookiesSent CookieJar::read(const std::vector<std::string_view>& headers) const {
  CookiesSent sent;
  for (std::string_view rest : headers) {
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const std::string_view pair = trim_blanks(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      for (const auto& [cookie, kind] : kinds_) {
        if (pair.substr(0, equals) != kind.name) continue;
        if (!sent.once.emplace(cookie, pair.substr(equals + 1)).second) sent.doubled.insert(cookie);
      }
    }
  }
  for (const Cookie cookie : sent.doubled) sent.once.erase(cookie);
  return sent;
}

std::string CookieJar::set(Cookie cookie, std::string_view value) const {
  const Kind& kind = kinds_.at(cookie);
  std::string line = kind.name + "=" + std::string(value) + "; Path=" + kind.path +
                     "; Max-Age=" + std::to_string(kind.lifetime.count()) + "; HttpOnly; SameSite=Lax";
  if (options_.secure) line += "; Secure";
  if (!options_.domain.empty()) line += "; Domain=" + options_.domain;
  return line;
}

std::string CookieJar::clearing(std::string_view name, std::string_view path, std::string_view domain) const {
  std::string line = std::string(name) + "=; Path=" + std::string(path) + "; Max-Age=0";
  if (options_.secure) line += "; Secure";
  if (!domain.empty()) line += "; Domain=" + std::string(domain);
  return line;
}

std::string CookieJar::clear(Cookie cookie) const {
  const Kind& kind = kinds_.at(cookie);
  return clearing(kind.name, kind.path, options_.domain);
}

std::vector<std::string> CookieJar::clear_others(Cookie cookie, const std::vector<std::string>& paths) const {
  const Kind& kind = kinds_.at(cookie);
  if (kind.name.starts_with(host_prefix)) return {};
  std::set<std::string> all_covering;
  for (const std::string& path : paths) add_paths_covering(path, all_covering);
  std::vector<std::string> lines;
  for (const std::string& covering : all_covering) {
    const auto clear_for = [&](const std::string& domain) {
      if (domain == options_.domain && covering == kind.path) return;
      lines.push_back(clearing(kind.name, covering, domain));
    };
    clear_for("");
    for (const std::string& domain : options_.domains_above) clear_for(domain);
  }
  return lines;
}

}  // namespace ostiary::gateway
