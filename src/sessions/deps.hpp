#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "audit/audit_log.hpp"
#include "base/id.hpp"
#include "base/random.hpp"
#include "limits/limits.hpp"
#include "passwords/hasher.hpp"
#include "ports/invalidation.hpp"
#include "ports/log.hpp"
#include "sessions/devices.hpp"
#include "sessions/second_step.hpp"
#include "sessions/session.hpp"
#include "sessions/session_cache.hpp"
#include "sessions/tokens.hpp"
#include "storage/database.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::sessions {

/// The dependencies of the sessions room. Everything must outlive it.
struct Deps {
  const Clock& clock;
  const IdSource& ids;
  Random& random;
  Database& db;
  const vault::ServerKeys& keys;
  const audit::AuditLog& audit;
  Invalidation& invalidation;
  passwords::Hasher& hasher;
  const AccessTokens& tokens;
  const Devices& devices;
  SessionCache& cache;
  limits::Limits& limits;
  Log& log;
  SessionPolicy policy;
  /// City and country of an address, if there is a GEOIP_FILE.
  std::function<std::optional<std::string>(std::string_view address)> place_of;
  SecondStepPolicy second_step = {};
};

}  // namespace ostiary::sessions
