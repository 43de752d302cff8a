#pragma once

#include <cstdint>
#include <expected>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>

namespace ostiary::cli {

/// What a process ends with.
enum ExitStatus {
  done = 0,
  failed = 1,         ///< what was asked for could not be done
  wrong_request = 2,  ///< wrong arguments or settings, or a place that can't be used: nothing was begun
};

struct Serve {};
struct Work {};
struct Migrate {
  bool dry_run = false;
};
struct ShowMigrations {};
/// With `manual` docs/configuration.md, for which no settings are read; else the settings in force.
struct ShowConfig {
  bool manual = false;
};
struct CreateUser {
  std::string email;
  std::optional<std::string> username;
  bool verified = false;
};
struct ListUsers {
  std::string after;        ///< an address: the page begins behind it
  std::int64_t count = 50;  ///< 1 to 1000
};
/// `name` is an email, a username or an id, here and below.
struct ShowUser {
  std::string name;
};
struct MakeAdmin {
  std::string name;
};

using Command =
    std::variant<Serve, Work, Migrate, ShowMigrations, ShowConfig, CreateUser, ListUsers, ShowUser, MakeAdmin>;

/// What the arguments ask for. Where there is nothing left to do (help was asked for and printed on `out`, or the
/// arguments are wrong and `error` says why) the error is the status to end with.
std::expected<Command, ExitStatus> parse(int argc, const char* const* argv, std::ostream& out, std::ostream& error);

}  // namespace ostiary::cli
