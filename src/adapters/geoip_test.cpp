#include "adapters/geoip.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ostiary::adapters {
namespace {

// What of MaxMind's format (https://maxmind.github.io/MaxMind-DB/) a small database needs.
enum class Type { text = 2, uint16 = 5, uint32 = 6, map = 7, uint64 = 9, array = 11 };

std::string control(Type type, std::size_t size) {
  const int number = static_cast<int>(type);
  std::string out(1, static_cast<char>((number <= 7 ? number << 5 : 0) | static_cast<int>(size)));
  if (number > 7) out.push_back(static_cast<char>(number - 7));
  return out;
}

std::string text(std::string_view value) { return control(Type::text, value.size()) + std::string(value); }

std::string number(Type type, std::uint64_t value) {
  std::string bytes;
  for (; value > 0; value >>= 8) bytes.insert(bytes.begin(), static_cast<char>(value & 0xFF));
  return control(type, bytes.size()) + bytes;
}

std::string map(const std::map<std::string, std::string>& members) {
  std::string out = control(Type::map, members.size());
  for (const auto& [name, value] : members) out += text(name) + value;
  return out;
}

std::string name_in_english(std::string_view name) { return map({{"names", map({{"en", text(name)}})}}); }

/// A database of IPv4 prefixes of eight bits: each member of `places` is the first byte and its record.
std::string database(const std::map<int, std::string>& places, std::string_view type) {
  std::string data;
  std::map<int, std::size_t> offsets;
  for (const auto& [first_byte, record] : places) {
    offsets[first_byte] = data.size();
    data += record;
  }
  // A whole binary tree of depth 8: node n has the children 2n+1 and 2n+2.
  constexpr std::uint32_t nodes = 255;
  std::string tree;
  for (std::uint32_t node = 0; node < nodes; ++node) {
    for (std::uint32_t child = 2 * node + 1; child <= 2 * node + 2; ++child) {
      std::uint32_t record = child;
      if (child >= nodes) {
        const auto found = offsets.find(static_cast<int>(child - nodes));
        record = found == offsets.end() ? nodes : nodes + 16 + static_cast<std::uint32_t>(found->second);
      }
      tree += {static_cast<char>(record >> 16), static_cast<char>(record >> 8), static_cast<char>(record)};
    }
  }
  const auto metadata = map({{"binary_format_major_version", number(Type::uint16, 2)},
                             {"binary_format_minor_version", number(Type::uint16, 0)},
                             {"build_epoch", number(Type::uint64, 1'700'000'000)},
                             {"database_type", text(type)},
                             {"description", map({})},
                             {"ip_version", number(Type::uint16, 4)},
                             {"languages", control(Type::array, 1) + text("en")},
                             {"node_count", number(Type::uint32, nodes)},
                             {"record_size", number(Type::uint16, 24)}});
  return tree + std::string(16, '\0') + data + "\xab\xcd\xefMaxMind.com" + metadata;
}

class File {
 public:
  explicit File(const std::string& content) {
    const int descriptor = ::mkstemp(path_.data());
    EXPECT_GE(descriptor, 0);
    EXPECT_EQ(::write(descriptor, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    ::close(descriptor);
  }
  ~File() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/ostiary-geoip-XXXXXX";
};

std::map<int, std::string> some_places() {
  return {{91, map({{"city", name_in_english("Vienna")}, {"country", name_in_english("Austria")}})},
          {92, map({{"country", name_in_english("Austria")}})},
          {93, map({{"city", name_in_english("Vienna")}})},
          {94, map({{"country", text("no map")}})}};
}

TEST(GeoIp, KnowsPlaces) {
  const File file(database(some_places(), "Test-City"));
  const GeoIp geoip(file.path());
  EXPECT_EQ(geoip.place_of("91.1.2.3"), "Vienna, Austria");
  EXPECT_EQ(geoip.place_of("92.1.2.3"), "Austria");
  EXPECT_EQ(geoip.place_of("93.1.2.3"), std::nullopt);
  EXPECT_EQ(geoip.place_of("94.1.2.3"), std::nullopt);
  EXPECT_EQ(geoip.place_of("95.1.2.3"), std::nullopt);
  EXPECT_EQ(geoip.place_of("2001:db8::1"), std::nullopt);
  EXPECT_EQ(geoip.place_of("example.org"), std::nullopt);
  EXPECT_EQ(geoip.place_of(""), std::nullopt);
}

std::string refusal_of(const std::string& path) {
  try {
    const GeoIp geoip(path);
    return "accepted";
  } catch (const GeoIpError& error) {
    return error.what();
  }
}

TEST(GeoIp, RefusesWhatIsNoDatabase) {
  EXPECT_EQ(refusal_of("/nonexistent/places.mmdb"),
            "GEOIP_FILE /nonexistent/places.mmdb can't be read: No such file or directory");
  const File text_file("these are no places");
  EXPECT_NE(refusal_of(text_file.path()).find("GEOIP_FILE " + text_file.path() + " can't be read: "),
            std::string::npos);
  const File empty("");
  EXPECT_NE(refusal_of(empty.path()).find("can't be read: "), std::string::npos);
  const auto whole = database(some_places(), "Test-City");
  const File cut(whole.substr(whole.size() - 200));
  EXPECT_NE(refusal_of(cut.path()).find("can't be read: "), std::string::npos);
  const File other(database({}, "Test-ASN"));
  EXPECT_NE(refusal_of(other.path()).find("it is a Test-ASN database"), std::string::npos);
}

}  // namespace
}  // namespace ostiary::adapters
