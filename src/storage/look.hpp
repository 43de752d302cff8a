#pragma once

#include <filesystem>
#include <memory>

#include "storage/database.hpp"

namespace ostiary::storage {

/// Opens an SQLite file that is there, for one reader, and writes nothing: every transaction that would write throws
/// StorageError. Works beside a server. Throws StartupError where the file can't be opened.
std::unique_ptr<Database> look_at_sqlite(const std::filesystem::path& path);

}  // namespace ostiary::storage
