#include "storage/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "storage/database.hpp"

namespace ostiary::storage {
namespace {

[[noreturn]] void refuse_folder(const std::filesystem::path& folder, const std::string& why) {
  throw StartupError("the data folder " + folder.string() + " can't be used: " + why);
}

/// Who wrote themselves into the lock file, for the message; empty where it can't be read.
std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t length = pread(descriptor, text.data(), text.size(), 0);
  return length > 0 ? " (process " + std::string(text.data(), static_cast<std::size_t>(length)) + ")" : "";
}

}  // namespace

void prepare_data_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    refuse_folder(folder, std::generic_category().message(errno));
  if (!std::filesystem::is_directory(folder, error)) refuse_folder(folder, std::generic_category().message(ENOTDIR));
  if (access(folder.c_str(), R_OK | W_OK | X_OK) != 0) refuse_folder(folder, std::generic_category().message(errno));
}

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const auto path = folder / "ostiary.lock";
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) refuse_folder(folder, std::generic_category().message(errno));
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string who = holder(descriptor_);
    close(descriptor_);
    if (error != EWOULDBLOCK) refuse_folder(folder, std::generic_category().message(error));
    refuse_folder(folder, "another `ostiary serve` or `ostiary worker`" + who + " runs on it");
  }
  const std::string process = std::to_string(getpid());
  if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, process.data(), process.size(), 0) < 0) {
    const int error = errno;
    close(descriptor_);
    refuse_folder(folder, std::generic_category().message(error));
  }
}

FolderLock::~FolderLock() { close(descriptor_); }

}  // namespace ostiary::storage
