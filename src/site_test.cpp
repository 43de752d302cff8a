#include "site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Site, KnowsPublicSuffixes) {
  for (const char* suffix : {"org", "co.uk", "github.io", "xn--p1ai", "intranet", "localhost"}) {
    EXPECT_TRUE(is_public_suffix(suffix)) << suffix;
  }
  for (const char* domain : {"example.org", "example.co.uk", "id.example.org", "ada.github.io", "id.intranet"}) {
    EXPECT_FALSE(is_public_suffix(domain)) << domain;
  }
}

TEST(Site, ComparesSchemeAndRegistrableDomain) {
  struct Row {
    const char *one, *other;
    bool same;
  };
  static constexpr Row rows[] = {
      {"https://id.example.org", "https://app.example.org", true},
      {"https://id.example.org", "https://example.org:8443", true},
      {"https://id.example.org", "http://app.example.org", false},
      {"https://id.example.org", "https://app.example.com", false},
      {"https://id.example.co.uk", "https://app.example.co.uk", true},
      {"https://a.co.uk", "https://b.co.uk", false},
      {"https://a.github.io", "https://b.github.io", false},
      {"http://localhost:8001", "http://localhost:3000", true},
      {"http://localhost:8001", "http://127.0.0.1:8001", false},
      {"http://127.0.0.1:8001", "http://127.0.0.1:3000", true},
      {"http://127.0.0.1", "http://10.0.0.1", false},
      {"http://[::1]:8001", "http://[::1]:3000", true},
      {"https://id.intranet", "https://app.intranet", false},
      {"https://id.example.org", "capacitor://localhost", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(is_same_site(row.one, row.other), row.same) << row.one << " " << row.other;
    EXPECT_EQ(is_same_site(row.other, row.one), row.same) << row.one << " " << row.other;
  }
}

TEST(Site, ListsTheDomainsOfAHostsCookies) {
  EXPECT_THAT(cookie_domains("id.eu.example.co.uk"),
              ElementsAre("id.eu.example.co.uk", "eu.example.co.uk", "example.co.uk"));
  EXPECT_THAT(cookie_domains("example.org"), ElementsAre("example.org"));
  for (const char* host : {"localhost", "127.0.0.1", "::1", "co.uk"}) EXPECT_THAT(cookie_domains(host), IsEmpty());
}

}  // namespace
}  // namespace ostiary
