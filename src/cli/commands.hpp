#pragma once

#include <cstdint>
#include <expected>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>

namespace ostiary::cli {

/// The exit status of the process.
enum ExitStatus {
  done = 0,
  failed = 1,         ///< the command failed: the database is down, a port is in use, a name is unknown
  wrong_request = 2,  ///< wrong arguments or settings: nothing was done
};

// With `json` a command prints one JSON document on standard output, with the contract's names; what it has to complain
// of stays text on standard error, and the status is the same.
struct Serve {};
struct Work {};
struct Migrate {
  bool dry_run = false;
  bool json = false;
};
struct ShowMigrations {
  bool json = false;
};
/// The current settings.
struct ShowConfig {
  bool json = false;
};
/// docs/configuration.md, for which no settings are read.
struct ShowManual {};
struct DescribeApi {
  bool yaml = false;
};
struct Doctor {
  bool json = false;
};
struct CreateUser {
  std::string email;  ///< which the operator vouches for
  std::optional<std::string> username;
  bool json = false;
};
struct ListUsers {
  std::string after;  ///< an address, or the id of an account without one: the page starts after it
  std::int64_t count = 50;  ///< 1 to 1000
  bool json = false;
};
/// `name` is an email address, a username or an id, here and below.
struct ShowUser {
  std::string name;
  bool json = false;
};
struct DisableUser {
  std::string name;
  bool json = false;
};
struct EnableUser {
  std::string name;
  bool json = false;
};
struct EndSessions {
  std::string name;
  bool json = false;
};
struct VerifyUser {
  std::string name;
  bool json = false;
};
struct SetPassword {
  std::string name;
  bool json = false;
};
struct RemoveFactors {
  std::string name;
  bool json = false;
};
struct DeleteUser {
  std::string name;
  bool yes = false;
  bool json = false;
};
struct MakeAdmin {
  std::string name;
  bool json = false;
};
struct RemoveRole {
  std::string name;
  std::string role;
  bool json = false;
};

using Command = std::variant<Serve, Work, Migrate, ShowMigrations, ShowConfig, ShowManual, DescribeApi, Doctor,
                             CreateUser, ListUsers, ShowUser, VerifyUser, SetPassword, DisableUser, EnableUser,
                             EndSessions, RemoveFactors, DeleteUser, MakeAdmin, RemoveRole>;

/// Parses the arguments. If there is nothing to run (help was printed on `out`, or the arguments are wrong and `error`
/// has the message), the error is the exit status.
std::expected<Command, ExitStatus> parse(int argc, const char* const* argv, std::ostream& out, std::ostream& error);

}  // namespace ostiary::cli
