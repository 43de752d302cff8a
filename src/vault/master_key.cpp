#include "vault/master_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <expected>
#include <fstream>
#include <system_error>

#include "base/encoding.hpp"

namespace ostiary::vault {

namespace {

constexpr std::size_t key_size = 32;

std::unexpected<std::string> problem(const std::filesystem::path& file, int error) {
  return std::unexpected(file.string() + ": " + std::generic_category().message(error));
}

/// Writes a file that did not exist, so that it is whole or not there after a crash. Another process that was faster
/// wins: then nothing is written.
std::expected<void, std::string> create_whole(const std::filesystem::path& file, std::string_view content) {
  const auto temporary = file.string() + "." + std::to_string(getpid());
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return problem(temporary, errno);
  const bool written = write(descriptor, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
                       fsync(descriptor) == 0;
  const int write_error = errno;
  close(descriptor);
  const bool linked = written && (link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int link_error = errno;
  unlink(temporary.c_str());
  if (!written) return problem(temporary, write_error);
  if (!linked) return problem(file, link_error);
  const int folder = open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return {};
}

}  // namespace

Secret development_master_key(const std::filesystem::path& folder, Random& random) {
  const auto file = folder / "master.key";
  if (!std::filesystem::exists(file)) {
    if (const auto created = create_whole(file, to_base64url(random.bytes(key_size)) + "\n"); !created) {
      throw MasterKeyError("the development master key can't be written: " + created.error());
    }
  }
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) throw MasterKeyError(file.string() + " can't be read, or is empty");
  const auto bytes = from_base64url(line);
  wipe(line);
  if (!bytes || bytes->size() != key_size) {
    throw MasterKeyError(file.string() + " is not a master key: 32 bytes in base64url");
  }
  return Secret(std::string(as_text(*bytes)));
}

}  // namespace ostiary::vault
