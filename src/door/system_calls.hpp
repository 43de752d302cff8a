#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/call.hpp"
#include "base/result.hpp"
#include "ostiary/v1/system.pb.h"
#include "ports/log.hpp"
#include "storage/migrate.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::door {

/// The dependencies of the system calls. Everything must outlive it.
struct SystemDeps {
  const vault::ServerKeys& keys;
  const std::atomic<bool>& draining;
  Database& db;
  const storage::Migrator& migrator;
  std::function<bool()> jobs_are_run;  ///< whether this process has recently looked for jobs
  Log& log;
  std::string public_url;
};

Result<v1::HealthReply> health(SystemDeps& deps, const Call& call, const v1::HealthRequest& request);

/// Readiness: refuses with unavailable while the process cannot serve. The member `not_ready` lists the reasons,
/// separated by spaces: `draining` (it is stopping; nothing else is checked then), `storage` (it does not answer, or
/// takes no writes), `schema` (the schema is not the expected one), `jobs` (mail is not sent).
Result<v1::HealthReply> ready(SystemDeps& deps, const Call& call, const v1::ReadyRequest& request);

Result<v1::ListKeysReply> list_keys(SystemDeps& deps, const Call& call, const v1::ListKeysRequest& request);

Result<v1::AuthorizationServer> get_authorization_server(SystemDeps& deps, const Call& call,
                                                         const v1::GetAuthorizationServerRequest& request);

}  // namespace ostiary::door
