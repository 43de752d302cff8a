#include "adapters/geoip.hpp"

#include <cerrno>
#include <system_error>

#include <maxminddb.h>

namespace ostiary::adapters {

namespace {

/// City and country names are short; a longer text means a damaged file.
constexpr std::size_t longest_name = 100;

using Path = const char* const[4];
constexpr Path city_path = {"city", "names", "en", nullptr};
constexpr Path country_path = {"country", "names", "en", nullptr};

std::string text_at(MMDB_entry_s& entry, const Path& path) {
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) return {};
  if (data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size > longest_name) return {};
  return {data.utf8_string, data.data_size};
}

}  // namespace

struct GeoIp::Impl {
  explicit Impl(const std::string& file) {
    const int error = MMDB_open(file.c_str(), MMDB_MODE_MMAP, &database);
    if (error != MMDB_SUCCESS) {
      const bool by_system = error == MMDB_FILE_OPEN_ERROR || error == MMDB_IO_ERROR;
      throw GeoIpError("GEOIP_FILE " + file + " can't be read: " +
                       (by_system && errno != 0 ? std::generic_category().message(errno) : MMDB_strerror(error)));
    }
  }
  ~Impl() { MMDB_close(&database); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  MMDB_s database{};
};

GeoIp::GeoIp(const std::string& file) : impl_(std::make_unique<Impl>(file)) {
  const std::string_view type = impl_->database.metadata.database_type;
  if (type.find("City") == type.npos && type.find("Country") == type.npos) {
    throw GeoIpError("GEOIP_FILE " + file + " knows no places: it is a " + std::string(type) +
                     " database, and a City or "
                     "Country one is needed");
  }
}

GeoIp::~GeoIp() = default;
GeoIp::GeoIp(GeoIp&&) noexcept = default;
GeoIp& GeoIp::operator=(GeoIp&&) noexcept = default;

std::optional<std::string> GeoIp::place_of(std::string_view address) const {
  int not_an_address = 0, error = 0;
  auto found = MMDB_lookup_string(&impl_->database, std::string(address).c_str(), &not_an_address, &error);
  if (not_an_address != 0 || error != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
  const auto country = text_at(found.entry, country_path);
  if (country.empty()) return std::nullopt;
  const auto city = text_at(found.entry, city_path);
  return city.empty() ? country : city + ", " + country;
}

}  // namespace ostiary::adapters
