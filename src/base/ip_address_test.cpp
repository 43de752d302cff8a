#include "base/ip_address.hpp"

#include <gtest/gtest.h>

#include "base/listening.hpp"

namespace ostiary {
namespace {

// B2: rotating inside a /64, mapped forms, other spellings.
TEST(IpAddress, KnowsItsNetwork) {
  const std::pair<const char*, const char*> rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::FFFF:c000:0201", "192.0.2.1"},
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
      {"2001:DB8:1:2::", "2001:db8:1:2::/64"},
      {"2001:0db8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"},
      {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
      {"::1", "::/64"},
      {"unix", "unix"},
      {"", ""},
  };
  for (const auto& [address, network] : rows) EXPECT_EQ(network_of(address), network) << address;
  EXPECT_EQ(network_of(std::string(1000, 'x')).size(), 64u);
}

TEST(IpAddress, SaysWhatIsThisMachine) {
  for (const char* host :
       {"localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_this_machine(host)) << host;
  }
  for (const char* host : {"", "localhost.example.org", "notlocalhost", "127.example.org", "128.0.0.1", "::", "[::2]",
                           "[::1", "127.0.0.1:80"}) {
    EXPECT_FALSE(is_this_machine(host)) << host;
  }
}

TEST(Listening, SaysWhyAPortCannotBeHad) {
  std::uint16_t port = 0;
  const IpAddress here = *parse_address("127.0.0.1");
  ASSERT_EQ(try_to_listen(here, port, Families::own), 0);
  EXPECT_NE(port, 0);
  EXPECT_EQ(try_to_listen(*parse_address("192.0.2.1"), port, Families::own), EADDRNOTAVAIL);
}

}  // namespace
}  // namespace ostiary
