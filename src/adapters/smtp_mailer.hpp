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
    starttls,  ///< STARTTLS is required before anything else is sent (smtp://)
    tls,       ///< TLS from the first byte (smtps://)
    none,
  };
  std::string host;
  int port = 0;
  Security security = Security::starttls;
  std::string user;     ///< empty for no authentication
  Secret password;
  std::string ca_file;  ///< the authorities that may vouch for the server; empty: the system's
  std::string ehlo_name;  ///< what we call ourselves
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds total_timeout{30};
};

/// Reads `smtp://user:password@host:587` or `smtps://user:password@host:465`; these are the default ports, and user and
/// password are percent-encoded. STARTTLS is insisted on unless the host is this machine; `?starttls=off` and
/// `?starttls=required` say otherwise. `?ca_file=/path` trusts other authorities than the system's, and by itself asks
/// for STARTTLS on this machine, too. `?ehlo=name` names us; otherwise we are `ehlo_name_for(own_host)`. The error is a
/// sentence without the password.
std::expected<SmtpServer, std::string> parse_smtp_url(std::string_view url, std::string_view own_host = "localhost");

/// What a server whose PUBLIC_URL has this host calls itself in EHLO: the host, an address as a literal (RFC 5321,
/// section 4.1.3), and `[127.0.0.1]` for a name that means nothing elsewhere: servers refuse names without a dot.
std::string ehlo_name_for(std::string_view host);

/// Who a mail comes from.
struct MailSender {
  std::string name;  ///< may be empty
  std::string address;
};

/// Reads `no-reply@example.org`, `Example <no-reply@example.org>` or `"Example, \"Inc.\"" <no-reply@example.org>`.
std::expected<MailSender, std::string> parse_sender(std::string_view text);

/// Whether mail can be sent to or from this: one printable ASCII word with an @ inside, at most 254 bytes, without
/// characters that could end it early in SMTP or a header. An internationalised domain must be in ASCII form.
bool is_mail_address(std::string_view address);

/// A header's value: as it is where that is plain ASCII and short, else as encoded words, folded so that no line has
/// more than 76 characters (RFC 2047). `column`: how many stand before it on its line, at most 32. Never holds a line
/// end that the text brought with it.
std::string encode_header(std::string_view text, std::size_t column);

/// The SMTP step at which the mail server refused.
enum class SmtpStep {
  none,  ///< none: it would accept a mail
  connect,
  greet,  ///< it does not take us, or the name that we gave
  encrypt,
  authenticate,  ///< it does not take the user and password, or offers no sign-in
  sender,  ///< it does not take mail from this sender, or not from us
};
struct SmtpGreeting {
  SmtpStep failed_at = SmtpStep::none;
  std::string detail;  ///< what happened and what the server said, on one line
};

/// Sends each mail over a connection of its own, by libcurl. The message goes out as multipart/alternative. A refusal
/// of the mail (5xx to RCPT, DATA or the message itself) is `refused`; one of this hour is `refused_for_now`, and so is
/// one of ourselves or our settings, which somebody may correct meanwhile (the greeting, EHLO, TLS, the sign-in, the
/// sender, and 50x, 53x and 5.7.x at any command); a connection that breaks after DATA is `unknown`. Where there is a
/// user and the server offers no sign-in, nothing is sent. An exception of `before_data`, which runs before the first
/// byte of the message is sent, breaks the connection off before the message is complete, and reaches the caller.
class SmtpMailer final : public Mailer {
 public:
  /// `clock` must outlive it. Throws std::runtime_error if libcurl was built without SMTP.
  SmtpMailer(SmtpServer server, MailSender sender, const Clock& clock);

  DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) override;

  /// Connects, starts TLS, authenticates and names the sender like `send`, then disconnects without sending a mail.
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
