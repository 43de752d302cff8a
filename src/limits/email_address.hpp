#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ostiary::limits {

/// An address that mail can be sent to.
struct EmailAddress {
  std::string given;  ///< the recipient of mail: as given, but a domain that is not ASCII becomes A-labels
  std::string canonical;  ///< lower-case, A-labels: equal if and only if two addresses name the same account
};

/// Reads an address as RFC 5321 has it; blanks around it, which phone keyboards add, are left out. The local part is a
/// dot-string of ASCII atoms of at most 64 bytes (no quotes: nobody has them, and they carry injections); the domain is
/// a host name with a dot, in ASCII or as IDNA (UTS 46, nontransitional) takes it; the whole has at most 254 bytes in
/// either form. Nothing for any other text.
std::optional<EmailAddress> parse_email(std::string_view text);

/// The domain in lower-case A-labels. Empty unless it is a host name with at least two labels.
std::optional<std::string> to_a_labels(std::string_view domain);

}  // namespace ostiary::limits
