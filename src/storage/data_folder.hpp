#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace ostiary::storage {

/// Creates the folder if it is missing, for its owner only. Throws StartupError if it can't be created or written.
void prepare_data_folder(const std::filesystem::path& folder);

/// A lock held by the one process that serves from a data folder (`serve` or `worker`). Other commands do not need it.
/// The kernel releases it when the process ends.
class FolderLock {
 public:
  /// Throws StartupError if another process holds it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

/// The process that serves from a data folder, or 0 if none does. Empty if the kernel does not tell. Changes nothing
/// and takes no lock.
std::optional<pid_t> serving_process(const std::filesystem::path& folder);

}  // namespace ostiary::storage
