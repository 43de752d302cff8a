#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/random.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "ports/mailer.hpp"
#include "ports/sms_gateway.hpp"

namespace ostiary::adapters {

/// The development mailbox: stores the latest mails and texts as files instead of sending them. Several processes may
/// share it. Thread-safe.
class Mailbox final : public Mailer, public SmsGateway {
 public:
  static constexpr std::size_t capacity = 200;

  struct StoredMail {
    Time received_at;
    Mail mail;
  };

  /// Stores the mails in `folder` and creates it, readable by its owner only. `clock` must outlive it. Throws
  /// std::filesystem::filesystem_error if the folder cannot be created.
  Mailbox(std::filesystem::path folder, const Clock& clock);

  /// Always returns `accepted`. Throws std::system_error if the file cannot be written.
  DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) override;

  /// Stores a text as a mail to its number, without HTML.
  DeliveryOutcome send(const TextMessage& message, const std::function<void()>& before_sending) override;
  std::string description() const override;
  void interrupt() override {}

  /// What a reader of the mails over HTTP has to know: 128 random bits in base64url. Kept in the folder, so that pages
  /// stay open over a restart; made where it is missing. Throws std::system_error or std::runtime_error where the file
  /// can't be used.
  Secret key(Random& random) const;

  /// The `count` latest mails, newest first.
  std::vector<StoredMail> latest(std::size_t count) const;

 private:
  std::vector<std::filesystem::path> list() const;
  void drop_oldest() const;

  const std::filesystem::path folder_;
  const Clock& clock_;
  std::atomic<std::uint64_t> sequence_{0};
};

}  // namespace ostiary::adapters
