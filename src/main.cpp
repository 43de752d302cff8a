#include <unistd.h>

#include <exception>
#include <iostream>

#include "adapters/geoip.hpp"
#include "adapters/spdlog_log.hpp"
#include "cli/commands.hpp"
#include "cli/show_config.hpp"
#include "config.hpp"
#include "delivery/templates.hpp"
#include "doctor/examine.hpp"
#include "manage.hpp"
#include "serve.hpp"
#include "server/listening.hpp"
#include "storage/database.hpp"
#include "vault/master_key.hpp"
#include "vault/server_keys.hpp"

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

/// Runs a command with its settings read. A visitor: one function a command.
struct Run {
  const Config& config;
  Log& log;

  cli::ExitStatus operator()(const cli::Serve&) const {
    serve(config, log);
    return cli::done;
  }
  cli::ExitStatus operator()(const cli::Work&) const {
    work(config, log);
    return cli::done;
  }
  cli::ExitStatus operator()(const cli::ShowConfig& command) const {
    std::cout << (command.json ? cli::config_json(config) : cli::config_listing(config));
    return cli::done;
  }
  cli::ExitStatus operator()(const cli::DescribeApi& command) const { return describe_api(config, command); }
  cli::ExitStatus operator()(const cli::Doctor&) const { throw std::logic_error("the doctor reads settings itself"); }
  cli::ExitStatus operator()(const cli::ShowMigrations& command) const { return show_migrations(config, log, command); }
  cli::ExitStatus operator()(const cli::Migrate& command) const { return migrate(config, log, command); }
  cli::ExitStatus operator()(const cli::CreateUser& command) const { return create_user(config, log, command); }
  cli::ExitStatus operator()(const cli::ListUsers& command) const { return list_users(config, log, command); }
  cli::ExitStatus operator()(const cli::ShowUser& command) const { return show_user(config, log, command); }
  cli::ExitStatus operator()(const cli::DisableUser& command) const { return disable_user(config, log, command); }
  cli::ExitStatus operator()(const cli::EnableUser& command) const { return enable_user(config, log, command); }
  cli::ExitStatus operator()(const cli::EndSessions& command) const { return end_sessions(config, log, command); }
  cli::ExitStatus operator()(const cli::MakeAdmin& command) const { return make_admin(config, log, command); }
};

cli::ExitStatus say(const std::exception& error, cli::ExitStatus status) {
  std::cerr << "ostiary: " << error.what() << '\n';
  return status;
}

cli::ExitStatus run_with_settings(const cli::Command& command) {
  const bool looks = std::holds_alternative<cli::DescribeApi>(command);
  const auto read = read_config(config_sources(), looks ? ConfigUse::looking : ConfigUse::serving);
  if (!read) {
    for (const auto& error : read.error()) std::cerr << "ostiary: " << error << '\n';
    return cli::wrong_request;
  }
  adapters::SpdlogLog log(STDERR_FILENO, *read->config.log_level, style_of(*read->config.log_format));
  for (const auto& warning : read->warnings) log.write(LogLevel::warning, "config.warning", {{"text", warning}});
  return std::visit(Run{read->config, log}, command);
}

/// Reads the settings by itself: wrong ones are what it is asked for.
cli::ExitStatus examine(const cli::Doctor& command) {
  const auto findings = doctor::examine(config_sources());
  std::cout << (command.json ? doctor::as_json(findings) : doctor::as_text(findings));
  return doctor::count(findings, doctor::Level::problem) == 0 ? cli::done : cli::failed;
}

int run(int argc, char** argv) {
  const auto command = cli::parse(argc, argv, std::cout, std::cerr);
  if (!command) return command.error();
  const auto* config = std::get_if<cli::ShowConfig>(&*command);
  if (config && config->manual) {
    std::cout << cli::config_manual();
    return cli::done;
  }
  if (const auto* doctor = std::get_if<cli::Doctor>(&*command)) return examine(*doctor);
  // A place that can't be used is the operator's to mend: one line, status 2. Anything else is status 1.
  try {
    return run_with_settings(*command);
  } catch (const StartupError& error) {
    return say(error, cli::wrong_request);
  } catch (const server::ListenError& error) {
    return say(error, cli::wrong_request);
  } catch (const vault::WrongMasterKey& error) {
    return say(error, cli::wrong_request);
  } catch (const vault::MasterKeyError& error) {
    return say(error, cli::wrong_request);
  } catch (const delivery::BrokenTemplate& error) {
    return say(error, cli::wrong_request);
  } catch (const adapters::GeoIpError& error) {
    return say(error, cli::wrong_request);
  } catch (const std::exception& error) {
    return say(error, cli::failed);
  }
}

}  // namespace
}  // namespace ostiary

int main(int argc, char** argv) { return ostiary::run(argc, argv); }
