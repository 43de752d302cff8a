#pragma once

#include <atomic>

#include "base/call.hpp"
#include "base/result.hpp"
#include "ostiary/v1/system.pb.h"
#include "storage/database.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::server {

/// What the calls for machines work with. Everything must outlive it.
struct SystemDeps {
  Database& db;
  const vault::ServerKeys& keys;
  const std::atomic<bool>& draining;
};

Result<v1::HealthReply> health(SystemDeps& deps, const Call& call, const v1::HealthRequest& request);

/// Refuses with unavailable while the storage does not answer, and from the moment the process begins to stop.
Result<v1::HealthReply> ready(SystemDeps& deps, const Call& call, const v1::ReadyRequest& request);

Result<v1::ListKeysReply> list_keys(SystemDeps& deps, const Call& call, const v1::ListKeysRequest& request);

}  // namespace ostiary::server
