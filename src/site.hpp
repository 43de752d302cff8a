#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ostiary {

/// Whether nobody may own the domain, as co.uk: browsers take no cookie for it (https://publicsuffix.org). So is every
/// name of one label that the list doesn't have. `domain` in lower case.
bool is_public_suffix(const std::string& domain);

/// Whether browsers send cookies with SameSite=Lax from a page of one origin to the other: the schemes are equal, and
/// the hosts belong to one registrable domain. IP addresses and public suffixes are sites of their own. Origins in
/// lower case.
bool is_same_site(std::string_view one, std::string_view other);

/// The host and those above it for which a browser takes cookies from it, with their hosts below: id.example.org and
/// example.org for id.example.org. Empty for an IP address or a public suffix. `host` in lower case.
std::vector<std::string> cookie_domains(const std::string& host);

}  // namespace ostiary
