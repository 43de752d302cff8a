#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "storage/database.hpp"

namespace ostiary::sessions {

/// The PUBLIC_URL of the server that started last on this database; nothing where none did.
std::optional<std::string> noted_issuer(Database& db);

/// Notes that a server starts with this PUBLIC_URL. Gives the one that was noted before where it is another: servers
/// that share a database but not a PUBLIC_URL refuse each other's tokens.
std::optional<std::string> note_issuer(Database& db, const std::string& url, Time now);

}  // namespace ostiary::sessions
