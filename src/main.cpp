#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <exception>
#include <iostream>
#include <system_error>

#include "adapters/descriptor_log.hpp"
#include "base/wrong_setting.hpp"
#include "cli/commands.hpp"
#include "cli/complaint.hpp"
#include "cli/show_config.hpp"
#include "config.hpp"
#include "doctor/examine.hpp"
#include "manage.hpp"
#include "serve.hpp"
#include "storage/missing_privilege.hpp"

namespace ostiary {
namespace {

adapters::LogStyle style_of(LogFormat format) {
  switch (format) {
    case LogFormat::json: return adapters::LogStyle::json;
    case LogFormat::text: return adapters::LogStyle::text;
    case LogFormat::automatic: break;
  }
  return adapters::LogStyle::automatic;
}

LogLevel least_level(const Config& config, bool serves) {
  // An operator at a terminal reads what the command prints.
  const bool is_quiet = !serves && config.log_level.origin == "default" && isatty(STDERR_FILENO) != 0;
  return is_quiet ? LogLevel::warning : *config.log_level;
}

cli::ExitStatus end(std::string_view complaint, cli::ExitStatus status) {
  cli::complain(complaint);
  return status;
}

/// Runs a command with its settings read: one function a command.
struct Run {
  const Config& config;
  Log& log;

  cli::ExitStatus operator()(const cli::Serve&) const {
    serve(config, log);
    return cli::done;
  }
  cli::ExitStatus operator()(const cli::Work&) const {
    if (!config.postgres_conninfo()) {
      return end(
          "a worker needs PostgreSQL (DATABASE_URL or POSTGRES_HOST): an SQLite file belongs to one server, which "
          "runs its jobs itself",
          cli::wrong_request);
    }
    work(config, log);
    return cli::done;
  }
  cli::ExitStatus operator()(const cli::ShowConfig& command) const {
    std::cout << (command.json ? cli::config_json(config) : cli::config_listing(config));
    return cli::done;
  }
  cli::ExitStatus operator()(const cli::DescribeApi& command) const { return describe_api(config, command); }
  cli::ExitStatus operator()(const cli::ShowMigrations& command) const { return show_migrations(config, command); }
  cli::ExitStatus operator()(const cli::Migrate& command) const { return migrate(config, log, command); }
  cli::ExitStatus operator()(const cli::CreateUser& command) const { return create_user(config, log, command); }
  cli::ExitStatus operator()(const cli::ListUsers& command) const { return list_users(config, log, command); }
  cli::ExitStatus operator()(const cli::ShowUser& command) const { return show_user(config, log, command); }
  cli::ExitStatus operator()(const cli::VerifyUser& command) const { return verify_user(config, log, command); }
  cli::ExitStatus operator()(const cli::SetPassword& command) const { return set_password(config, log, command); }
  cli::ExitStatus operator()(const cli::DeleteUser& command) const { return delete_user(config, log, command); }
  cli::ExitStatus operator()(const cli::DisableUser& command) const { return disable_user(config, log, command); }
  cli::ExitStatus operator()(const cli::EnableUser& command) const { return enable_user(config, log, command); }
  cli::ExitStatus operator()(const cli::EndSessions& command) const { return end_sessions(config, log, command); }
  cli::ExitStatus operator()(const cli::RemoveFactors& command) const { return remove_factors(config, log, command); }
  cli::ExitStatus operator()(const cli::MakeAdmin& command) const { return make_admin(config, log, command); }
  cli::ExitStatus operator()(const cli::RemoveRole& command) const { return remove_role(config, log, command); }
};

template <class C>
cli::ExitStatus run(const C& command) {
  const bool looks = std::same_as<C, cli::DescribeApi>;
  const bool serves = std::same_as<C, cli::Serve> || std::same_as<C, cli::Work>;
  const auto read = read_config(config_sources(), looks ? ConfigUse::looking : ConfigUse::serving);
  if (!read) {
    for (const auto& error : read.error()) cli::complain(error);
    return cli::wrong_request;
  }
  adapters::DescriptorLog log(STDERR_FILENO, least_level(read->config, serves), style_of(*read->config.log_format));
  // They are about serving, which who only looks does not do.
  if (!looks) {
    for (const auto& warning : read->warnings) log.write(LogLevel::warning, "config.warning", {{"text", warning}});
  }
  return Run{read->config, log}(command);
}

/// Reads the settings by itself: wrong ones are what it is asked for.
cli::ExitStatus run(const cli::Doctor& command) {
  const auto findings = doctor::examine(config_sources());
  std::cout << (command.json ? doctor::as_json(findings) : doctor::as_text(findings));
  return doctor::count(findings, doctor::Level::problem) == 0 ? cli::done : cli::failed;
}

cli::ExitStatus run(const cli::ShowManual&) {
  std::cout << cli::config_manual();
  return cli::done;
}

cli::ExitStatus run(int argc, char** argv) {
  const auto command = cli::parse(argc, argv, std::cout, std::cerr);
  if (!command) return command.error();
  try {
    return std::visit([](const auto& chosen) { return run(chosen); }, *command);
  } catch (const MissingPrivilege& error) {
    return end(std::string(error.what()) + "; " + std::string(advice_on_privileges), cli::failed);
  } catch (const WrongSetting& error) {
    return end(error.what(), cli::wrong_request);
  } catch (const std::exception& error) {
    return end(error.what(), cli::failed);
  }
}

/// What was printed may still lie in a buffer, and the disk behind it be full.
cli::ExitStatus with_output_written(cli::ExitStatus status) {
  const bool was_fine = std::cout.good();
  std::cout.clear();
  errno = 0;
  if (std::cout.flush() && was_fine) return status;
  const std::string why = errno == 0 ? "" : ": " + std::generic_category().message(errno);
  cli::complain("the output can't be written" + why);
  return status == cli::done ? cli::failed : status;
}

}  // namespace
}  // namespace ostiary

int main(int argc, char** argv) { return ostiary::with_output_written(ostiary::run(argc, argv)); }
