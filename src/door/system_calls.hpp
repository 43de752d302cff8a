#pragma once

#include <atomic>
#include <functional>

#include "base/call.hpp"
#include "base/result.hpp"
#include "ostiary/v1/system.pb.h"
#include "ports/log.hpp"
#include "storage/migrate.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::door {

/// What the calls for machines work with. Everything must outlive it.
struct SystemDeps {
  const vault::ServerKeys& keys;
  const std::atomic<bool>& draining;
  Database& db;
  const storage::Migrator& migrator;
  std::function<bool()> jobs_are_run;  ///< whether this process lately looked for jobs
  Log& log;
};

Result<v1::HealthReply> health(SystemDeps& deps, const Call& call, const v1::HealthRequest& request);

/// Refuses with unavailable while something keeps the process from serving. The member `not_ready` names all that does,
/// by words with a space between: `draining` (it is stopping; nothing else is asked then), `storage` (it does not
/// answer, or takes no writes), `schema` (what this program stores is not there as it expects it), `jobs` (mail is not
/// sent).
Result<v1::HealthReply> ready(SystemDeps& deps, const Call& call, const v1::ReadyRequest& request);

Result<v1::ListKeysReply> list_keys(SystemDeps& deps, const Call& call, const v1::ListKeysRequest& request);

}  // namespace ostiary::door
