#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/wrong_setting.hpp"

namespace ostiary::adapters {

/// GEOIP_FILE cannot be used. The message is one line with the file and the reason.
class GeoIpError final : public WrongSetting {
 public:
  using WrongSetting::WrongSetting;
};

/// Looks up locations of addresses in a file in MaxMind's format (GeoLite2-City, DB-IP City Lite and similar).
/// Thread-safe. The file stays mapped: to update it, rename a new file over it and restart.
class GeoIp {
 public:
  /// Throws GeoIpError if the file does not exist or has no countries.
  explicit GeoIp(const std::string& file);
  ~GeoIp();
  GeoIp(GeoIp&&) noexcept;
  GeoIp& operator=(GeoIp&&) noexcept;

  /// "Vienna, Austria", or only the country if the city is not known, in English. Empty for an address that is not in
  /// the file.
  std::optional<std::string> place_of(std::string_view address) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::adapters
