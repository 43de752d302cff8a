#include "site.hpp"

#include <libpsl.h>

#include <memory>

#include "base/ip_address.hpp"
#include "config_values.hpp"

namespace ostiary {

namespace {

/// The system's list, or the one that libpsl was built with where that is newer.
const psl_ctx_t* suffix_list() {
  static const std::unique_ptr<psl_ctx_t, decltype(&psl_free)> list(psl_latest(nullptr), psl_free);
  return list.get();
}

/// The domain under a public suffix that the host belongs to; the host itself where it belongs to none.
std::string registrable_domain(const std::string& host) {
  if (parse_address(host)) return host;
  const char* const domain = psl_registrable_domain(suffix_list(), host.c_str());
  return domain == nullptr ? host : domain;
}

}  // namespace

bool is_public_suffix(const std::string& domain) { return psl_is_public_suffix(suffix_list(), domain.c_str()) != 0; }

bool is_same_site(std::string_view one, std::string_view other) {
  const auto scheme = [](std::string_view origin) { return origin.substr(0, origin.find("://")); };
  return scheme(one) == scheme(other) && registrable_domain(host_of(one)) == registrable_domain(host_of(other));
}

std::vector<std::string> cookie_domains(const std::string& host) {
  if (parse_address(host) || is_public_suffix(host)) return {};
  const std::size_t shortest = registrable_domain(host).size();
  std::vector<std::string> domains;
  for (std::string domain = host;; domain.erase(0, domain.find('.') + 1)) {
    domains.push_back(domain);
    if (domain.size() <= shortest) return domains;
  }
}

}  // namespace ostiary
