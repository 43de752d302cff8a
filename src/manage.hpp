#pragma once

#include "cli/commands.hpp"
#include "config.hpp"
#include "ports/log.hpp"

namespace ostiary {

/// The operator's commands. Each prints its result on standard output and errors on standard error, and returns the
/// exit status. All work while a server runs, and take effect on it at once.
cli::ExitStatus migrate(const Config& config, Log& log, const cli::Migrate& command);
cli::ExitStatus show_migrations(const Config& config, const cli::ShowMigrations& command);
cli::ExitStatus create_user(const Config& config, Log& log, const cli::CreateUser& command);
cli::ExitStatus list_users(const Config& config, Log& log, const cli::ListUsers& command);
cli::ExitStatus show_user(const Config& config, Log& log, const cli::ShowUser& command);
cli::ExitStatus verify_user(const Config& config, Log& log, const cli::VerifyUser& command);
cli::ExitStatus set_password(const Config& config, Log& log, const cli::SetPassword& command);
cli::ExitStatus delete_user(const Config& config, Log& log, const cli::DeleteUser& command);
cli::ExitStatus disable_user(const Config& config, Log& log, const cli::DisableUser& command);
cli::ExitStatus enable_user(const Config& config, Log& log, const cli::EnableUser& command);
cli::ExitStatus end_sessions(const Config& config, Log& log, const cli::EndSessions& command);
cli::ExitStatus remove_factors(const Config& config, Log& log, const cli::RemoveFactors& command);
cli::ExitStatus make_admin(const Config& config, Log& log, const cli::MakeAdmin& command);
cli::ExitStatus remove_role(const Config& config, Log& log, const cli::RemoveRole& command);

/// Prints what a server with these settings serves at /openapi.json or /openapi.yaml. Uses neither storage nor
/// files.
cli::ExitStatus describe_api(const Config& config, const cli::DescribeApi& command);

}  // namespace ostiary
