#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/wrong_setting.hpp"

namespace ostiary::adapters {

/// GEOIP_FILE can't be used: the message is one line that names the file and why.
class GeoIpError final : public WrongSetting {
 public:
  using WrongSetting::WrongSetting;
};

/// Places by address, from a file in MaxMind's format (GeoLite2-City, DB-IP City Lite and the like). Thread-safe. The
/// file stays mapped: replace it by renaming another one over it, and restart.
class GeoIp {
 public:
  /// Throws GeoIpError where there is no such file, or it isn't one that knows countries.
  explicit GeoIp(const std::string& file);
  ~GeoIp();
  GeoIp(GeoIp&&) noexcept;
  GeoIp& operator=(GeoIp&&) noexcept;

  /// "Vienna, Austria", or only the country where the city isn't known, in English; nothing for an address that the
  /// file doesn't know.
  std::optional<std::string> place_of(std::string_view address) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::adapters
