#pragma once

#include <filesystem>
#include <memory>

#include "storage/database.hpp"

namespace ostiary::storage {

/// Opens an existing SQLite file read-only, for one reader: a transaction that writes throws StorageError. Works while
/// a server runs. Throws StartupError if the file cannot be opened.
std::unique_ptr<Database> look_at_sqlite(const std::filesystem::path& path);

}  // namespace ostiary::storage
