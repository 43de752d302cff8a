#pragma once

#include <atomic>
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
    starttls,  ///< asked for and insisted on before anything else is said (smtp://)
    tls,       ///< from the first byte (smtps://)
    none,
  };
  std::string host;
  int port = 0;
  Security security = Security::starttls;
  std::string user;     ///< empty: without authentication
  Secret password;
  std::string ca_file;  ///< the authorities that may vouch for the server; empty: the system's
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds total_timeout{30};
};

/// Reads `smtp://user:password@host:587` or `smtps://user:password@host:465`; these are the default ports, and user and
/// password are percent-encoded. STARTTLS is insisted on unless the host is the machine itself; `?starttls=off` and
/// `?starttls=required` say otherwise. `?ca_file=/path` trusts other authorities than the system's. The error is a
/// sentence without the password.
std::expected<SmtpServer, std::string> parse_smtp_url(std::string_view url);

/// Who a mail comes from.
struct MailSender {
  std::string name;  ///< may be empty
  std::string address;
};

/// Reads `no-reply@example.org` or `Example <no-reply@example.org>`.
std::expected<MailSender, std::string> parse_sender(std::string_view text);

/// Whether mail can be sent to (or come from) this: one printable ASCII word with an @ inside, 254 bytes at most,
/// without what could end it early in SMTP or in a header. A domain in other letters has to come in its ASCII form.
bool is_mail_address(std::string_view address);

/// A header's value: as it is where that is plain ASCII, else as encoded words (RFC 2047), folded. Never holds a line
/// end that the text brought with it.
std::string encode_header(std::string_view text);

/// Where a mail server turned us away.
enum class SmtpStep {
  none,  ///< nowhere: it would take a mail
  connect,
  encrypt,
  authenticate,
  sender,  ///< it does not take mail from this sender, or not from us
};
struct SmtpGreeting {
  SmtpStep failed_at = SmtpStep::none;
  std::string detail;  ///< what happened and what the server said, on one line
};

/// Sends each mail over a connection of its own, by libcurl. The message goes out as multipart/alternative. A refusal
/// of the mail (5xx to MAIL, RCPT, DATA or the message itself) is `refused`; one of ourselves (no TLS, wrong password)
/// or of this hour is `refused_for_now`; a connection that breaks after DATA is `unknown`. An exception of
/// `before_data`, which runs before the first byte of the message is sent, breaks the connection off before the message
/// is complete, and reaches the caller.
class SmtpMailer final : public Mailer {
 public:
  /// `clock` must outlive it. Throws std::runtime_error where libcurl can't speak SMTP.
  SmtpMailer(SmtpServer server, MailSender sender, const Clock& clock);

  DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) override;

  /// Connects, encrypts, authenticates and names the sender as `send` does, then leaves: nothing is sent.
  SmtpGreeting greet() const;

  void interrupt() override;

  std::string description() const override;  ///< "smtp://mail.example.org:587 (STARTTLS)"

 private:
  const SmtpServer server_;
  const MailSender sender_;
  const Clock& clock_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace ostiary::adapters
