#include "base/trusted_proxies.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ostiary {
namespace {

// ASVS 4.1.3: who the client is, by the peer and what proxies say.
TEST(Forwarded, BelievesOnlyTrustedProxies) {
  struct Row {
    const char* name;
    std::string peer;
    std::vector<std::string_view> lines;
    std::string client;
  };
  const TrustedProxies proxies({"10.0.0.0/8", "fd00::/8", "192.0.2.9"});
  const Row table[] = {
      {"no proxy", "198.51.100.1", {}, "198.51.100.1"},
      {"a stranger's word", "198.51.100.1", {"203.0.113.5"}, "198.51.100.1"},
      {"a proxy that says nothing", "10.0.0.1", {}, "10.0.0.1"},
      {"a proxy's word", "10.0.0.1", {"203.0.113.5"}, "203.0.113.5"},
      {"a single trusted address", "192.0.2.9", {"203.0.113.5"}, "203.0.113.5"},
      {"its neighbour", "192.0.2.8", {"203.0.113.5"}, "192.0.2.8"},
      {"what the client itself added before", "10.0.0.1", {"127.0.0.1, 203.0.113.5"}, "203.0.113.5"},
      {"two proxies", "10.0.0.1", {"1.1.1.1, 203.0.113.5, 10.0.0.2"}, "203.0.113.5"},
      {"two lines", "10.0.0.1", {"1.1.1.1", "203.0.113.5, 10.0.0.2"}, "203.0.113.5"},
      {"two lines, the last all proxies", "10.0.0.1", {"203.0.113.5", "10.0.0.3, 10.0.0.2"}, "203.0.113.5"},
      {"proxies only", "10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
      {"no address", "10.0.0.1", {"203.0.113.5, unknown"}, "10.0.0.1"},
      {"no address before a proxy", "10.0.0.1", {"nonsense, 10.0.0.2"}, "10.0.0.2"},
      {"an empty entry", "10.0.0.1", {"203.0.113.5, "}, "10.0.0.1"},
      {"an empty line", "10.0.0.1", {""}, "10.0.0.1"},
      {"with a port", "10.0.0.1", {"203.0.113.5:4711"}, "203.0.113.5"},
      {"IPv6", "fd00::1", {"2001:db8::1"}, "2001:db8::1"},
      {"IPv6 with a port", "fd00::1", {"[2001:DB8:0::1]:4711"}, "2001:db8::1"},
      {"an open bracket", "fd00::1", {"[2001:db8::1"}, "fd00::1"},
      {"IPv4 as IPv6", "::ffff:10.0.0.1", {"::ffff:203.0.113.5"}, "203.0.113.5"},
      {"leading zeros, which some read as octal", "10.0.0.1", {"0177.0.0.1"}, "10.0.0.1"},
      {"a zone", "10.0.0.1", {"fe80::1%eth0"}, "10.0.0.1"},
  };
  for (const Row& row : table) EXPECT_EQ(proxies.client_address(row.peer, row.lines), row.client) << row.name;
}

// RFC 7239. What a client sends itself stands on the left of what proxies add.
TEST(Forwarded, ReadsTheStandardHeader) {
  struct Row {
    const char* name;
    std::vector<std::string_view> lines;
    std::string client;
  };
  const TrustedProxies proxies({"10.0.0.0/8", "fd00::/8"});
  const std::string peer = "10.0.0.1";
  const Row table[] = {
      {"a proxy's word", {"for=203.0.113.5"}, "203.0.113.5"},
      {"among other parameters, in any case", {"proto=https; FOR=203.0.113.5;by=10.0.0.1"}, "203.0.113.5"},
      {"quoted, with a port", {R"(for="203.0.113.5:4711")"}, "203.0.113.5"},
      {"IPv6", {R"(For="[2001:db8::1]")"}, "2001:db8::1"},
      {"IPv6 with a port", {R"(for="[2001:db8::1]:4711";proto=https)"}, "2001:db8::1"},
      {"two proxies", {"for=1.1.1.1, for=203.0.113.5, for=10.0.0.2"}, "203.0.113.5"},
      {"two lines", {"for=1.1.1.1", "for=203.0.113.5, for=10.0.0.2"}, "203.0.113.5"},
      {"a comma and a semicolon between quotes",
       {R"(for=1.1.1.1;host="a,b;for=9.9.9.9", for=203.0.113.5)"},
       "203.0.113.5"},
      {"an escaped quote", {R"(host="a\"b", for=203.0.113.5)"}, "203.0.113.5"},
      {"a quote that the client left open", {R"(for="1.1.1.1, for=203.0.113.5)"}, peer},
      {"unknown", {"for=203.0.113.5, for=unknown"}, peer},
      {"an obfuscated name", {"for=203.0.113.5, for=_hidden"}, peer},
      {"an element without it", {"for=203.0.113.5, proto=https"}, peer},
      {"twice in one element", {"for=203.0.113.5;for=1.1.1.1"}, peer},
      {"IPv6 without quotes", {"for=[2001:db8::1]"}, peer},
      {"a name that only ends like it", {"xfor=203.0.113.5"}, peer},
      {"nothing", {""}, peer},
  };
  for (const Row& row : table) EXPECT_EQ(proxies.client_address(peer, {}, row.lines), row.client) << row.name;
  EXPECT_EQ(proxies.client_address("198.51.100.1", {}, {"for=203.0.113.5"}), "198.51.100.1") << "a stranger's word";
}

// A proxy sets one of them, and passes the other on as the client wrote it.
TEST(Forwarded, BelievesNeitherHeaderWhereTheyDiffer) {
  const TrustedProxies proxies({"10.0.0.0/8"});
  EXPECT_EQ(proxies.client_address("10.0.0.1", {"203.0.113.5"}, {"for=203.0.113.5"}), "203.0.113.5");
  EXPECT_EQ(proxies.client_address("10.0.0.1", {"203.0.113.5"}, {"for=192.0.2.1"}), "10.0.0.1");
  EXPECT_EQ(proxies.client_address("10.0.0.1", {"192.0.2.1"}, {"for=203.0.113.5"}), "10.0.0.1");
}

TEST(Forwarded, RefusesWhatIsNoNetwork) {
  for (const char* text :
       {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "fd00::/129", "proxy.example.org", "10.0.0"}) {
    EXPECT_THROW(TrustedProxies({text}), std::invalid_argument) << text;
  }
  EXPECT_TRUE(TrustedProxies({"0.0.0.0/0"}).trusts(*parse_address("203.0.113.5")));
  EXPECT_FALSE(TrustedProxies({"0.0.0.0/0"}).trusts(*parse_address("2001:db8::1")));
  EXPECT_TRUE(TrustedProxies({"10.16.0.0/12"}).trusts(*parse_address("10.31.255.255")));
  EXPECT_FALSE(TrustedProxies({"10.16.0.0/12"}).trusts(*parse_address("10.32.0.0")));
}

TEST(Forwarded, KnowsLoopback) {
  for (const char* text : {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(parse_address(text)->is_loopback()) << text;
  for (const char* text : {"128.0.0.1", "::2", "::", "0.0.0.0"})
    EXPECT_FALSE(parse_address(text)->is_loopback()) << text;
}

}  // namespace
}  // namespace ostiary
