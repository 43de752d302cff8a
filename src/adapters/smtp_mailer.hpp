#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "ports/mailer.hpp"

namespace ostiary::adapters {

/// A mail server, as SMTP_URL names it.
struct SmtpServer {
  enum class Security {
    starttls,  ///< STARTTLS is required before anything else is sent (smtp://)
    tls,       ///< TLS from the first byte (smtps://)
    none,
  };
  std::string host;
  int port = 0;
  Security security = Security::starttls;
  std::string user;     ///< empty for no authentication
  Secret password;
  std::string ca_file;  ///< file with the trusted certificate authorities; empty for the system's
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds total_timeout{30};
};

/// Reads `smtp://user:password@host:587` or `smtps://user:password@host:465`; these are the default ports, and user and
/// password are percent-encoded. STARTTLS is required unless the host is this machine; `?starttls=off` and
/// `?starttls=required` override this. `?ca_file=/path` names other certificate authorities than the system's. The
/// error is a sentence without the password.
std::expected<SmtpServer, std::string> parse_smtp_url(std::string_view url);

/// Who a mail comes from.
struct MailSender {
  std::string name;  ///< may be empty
  std::string address;
};

/// Reads `no-reply@example.org` or `Example <no-reply@example.org>`.
std::expected<MailSender, std::string> parse_sender(std::string_view text);

/// Whether mail can be sent to or from this: one printable ASCII word with an @ inside, at most 254 bytes, without
/// characters that could end it early in SMTP or a header. An internationalised domain must be in ASCII form.
bool is_mail_address(std::string_view address);

/// Encodes a header's value: unchanged if it is plain ASCII, otherwise as folded encoded words (RFC 2047). Line ends in
/// the text are never kept.
std::string encode_header(std::string_view text);

/// The SMTP step at which the mail server refused.
enum class SmtpStep {
  none,  ///< none: it would accept a mail
  connect,
  encrypt,
  authenticate,
  sender,  ///< it refuses mail from this sender or this client
};
struct SmtpGreeting {
  SmtpStep failed_at = SmtpStep::none;
  std::string detail;  ///< what happened and what the server said, on one line
};

/// Sends each mail as multipart/alternative over its own connection, with libcurl. A refusal of the mail (5xx to MAIL,
/// RCPT, DATA or the message itself) is `refused`. A temporary refusal, or one of this client (no TLS, wrong password),
/// is `refused_for_now`. If the connection breaks after DATA, the outcome is `unknown`. `before_data` runs before the
/// first byte of the message is sent; an exception from it closes the connection before the message is complete, and is
/// passed to the caller.
class SmtpMailer final : public Mailer {
 public:
  /// `clock` must outlive it. Throws std::runtime_error if libcurl was built without SMTP.
  SmtpMailer(SmtpServer server, MailSender sender, const Clock& clock);

  DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) override;

  /// Connects, starts TLS, authenticates and names the sender like `send`, then disconnects without sending a mail.
  SmtpGreeting greet() const;

  std::string description() const override;  ///< "smtp://mail.example.org:587 (STARTTLS)"

 private:
  const SmtpServer server_;
  const MailSender sender_;
  const Clock& clock_;
};

}  // namespace ostiary::adapters
