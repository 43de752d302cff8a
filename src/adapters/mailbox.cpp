#include "adapters/mailbox.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "base/encoding.hpp"

namespace ostiary::adapters {
namespace {

namespace json = boost::json;

/// Names sort by time, then by the order of one process's mails.
std::string file_name(Time time, std::uint64_t sequence) {
  const auto padded = [](std::uint64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
  };
  return padded(static_cast<std::uint64_t>(time.time_since_epoch().count()), 18) + "-" + padded(sequence, 9) + "-" +
         std::to_string(::getpid()) + ".json";
}

/// A reader sees the whole file or none.
void write_file(const std::filesystem::path& path, const std::string& content) {
  const std::filesystem::path unfinished = path.string() + ".part";
  const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) throw std::system_error(errno, std::generic_category(), unfinished.string());
  const ssize_t written = ::write(file, content.data(), content.size());
  const int error = errno;
  ::close(file);
  if (written != static_cast<ssize_t>(content.size())) {
    ::unlink(unfinished.c_str());
    throw std::system_error(written < 0 ? error : ENOSPC, std::generic_category(), unfinished.string());
  }
  std::filesystem::rename(unfinished, path);
}

/// Nothing for a file that is gone by now, or that a crash left incomplete.
std::optional<Mailbox::StoredMail> read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  json::error_code error;
  const json::value read = json::parse(content.str(), error);
  if (error || !read.is_object()) return std::nullopt;
  const json::object& object = read.get_object();
  const auto text = [&](const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  const json::value* received = object.if_contains("received_at_us");
  const Duration since_epoch(received != nullptr && received->is_int64() ? received->get_int64() : 0);
  return Mailbox::StoredMail{Time(since_epoch),
                             {text("message_id"), text("to"), text("subject"), text("text"), text("html")}};
}

}  // namespace

Mailbox::Mailbox(std::filesystem::path folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {
  std::filesystem::create_directories(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
}

DeliveryOutcome Mailbox::send(const Mail& mail, const std::function<void()>& before_data) {
  before_data();
  const Time now = clock_.now();
  const json::object content{{"received_at_us", now.time_since_epoch().count()},
                             {"message_id", mail.message_id},
                             {"to", mail.to},
                             {"subject", mail.subject},
                             {"text", mail.text},
                             {"html", mail.html}};
  write_file(folder_ / file_name(now, ++sequence_), json::serialize(content));
  drop_oldest();
  return {Delivery::accepted, "kept in the development mailbox"};
}

DeliveryOutcome Mailbox::send(const TextMessage& message, const std::function<void()>& before_sending) {
  return send(Mail{message.id, message.to, "Text to " + message.to, message.text, ""}, before_sending);
}

std::string Mailbox::description() const { return "development mailbox at /dev/mailbox"; }

Secret Mailbox::key(Random& random) const {
  constexpr std::size_t key_bytes = 16;
  const std::filesystem::path file = folder_ / "key";
  if (!std::filesystem::exists(file)) {
    const std::filesystem::path mine = file.string() + "." + std::to_string(::getpid());
    write_file(mine, to_base64url(random.bytes(key_bytes)) + "\n");
    // Of two processes the first one's key stays.
    std::error_code error;
    std::filesystem::create_hard_link(mine, file, error);
    std::filesystem::remove(mine);
    if (error && error != std::errc::file_exists) throw std::system_error(error, file.string());
  }
  std::ifstream stream(file);
  std::string key;
  std::getline(stream, key);
  const auto bytes = from_base64url(key);
  if (!bytes || bytes->size() != key_bytes) throw std::runtime_error(file.string() + " holds no key; delete it");
  return Secret(std::move(key));
}

std::vector<std::filesystem::path> Mailbox::list() const {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  std::ranges::sort(paths, std::greater{});
  return paths;
}

void Mailbox::drop_oldest() const {
  const auto paths = list();
  std::error_code gone;  // another thread or process may drop the same file
  for (std::size_t i = capacity; i < paths.size(); ++i) std::filesystem::remove(paths[i], gone);
}

std::vector<Mailbox::StoredMail> Mailbox::latest(std::size_t count) const {
  std::vector<StoredMail> mails;
  for (const auto& path : list()) {
    if (mails.size() == count) break;
    if (auto mail = read_file(path)) mails.push_back(*std::move(mail));
  }
  return mails;
}

}  // namespace ostiary::adapters
