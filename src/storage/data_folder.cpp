#include "storage/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
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

std::optional<pid_t> serving_process(const std::filesystem::path& folder) {
  std::ifstream locks("/proc/locks");
  if (!locks) return std::nullopt;
  struct stat file{};
  if (stat((folder / "ostiary.lock").c_str(), &file) != 0) return 0;
  // 1: FLOCK  ADVISORY  WRITE 708 08:01:12345 0 EOF; the device is left out, which some file systems have two of.
  const std::string inode = ":" + std::to_string(file.st_ino);
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, strictness, access, place;
    pid_t process = 0;
    words >> number >> kind >> strictness >> access >> process >> place;
    if (kind == "FLOCK" && access == "WRITE" && place.ends_with(inode)) return process;
  }
  return 0;
}

}  // namespace ostiary::storage
