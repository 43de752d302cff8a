#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace ostiary::storage {

/// Makes the folder where it is missing, open to its owner only. Throws StartupError where it can't be made or written.
void prepare_data_folder(const std::filesystem::path& folder);

/// Held by the one process that serves from a data folder (`serve` or `worker`); other commands do without it. The
/// kernel lets go of it when the process ends, however it ends.
class FolderLock {
 public:
  /// Throws StartupError when another process holds it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

/// The process that serves from a data folder, 0 where none does; nothing where the kernel doesn't tell. Changes
/// nothing and takes no lock.
std::optional<pid_t> serving_process(const std::filesystem::path& folder);

}  // namespace ostiary::storage
