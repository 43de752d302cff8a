#include "limits/email_address.hpp"

#include <unicode/uidna.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "base/text.hpp"

namespace ostiary::limits {
namespace {

constexpr std::size_t longest_address = 254, longest_local_part = 64, longest_domain = 253, longest_label = 63;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_atom_character(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' ? text[i - 1] == '.' : !is_atom_character(text[i])) return false;
  }
  return true;
}

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// A host name with two labels at least whose last one is no number: else it would be an IPv4 address.
bool is_host_name(std::string_view domain) {
  if (domain.size() > longest_domain || domain.find('.') == std::string_view::npos) return false;
  for (;;) {
    const auto dot = domain.find('.');
    const auto label = domain.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return label.find_first_not_of("0123456789") != std::string_view::npos;
    domain.remove_prefix(dot + 1);
  }
}

const UIDNA& idna() {
  struct Close {
    void operator()(UIDNA* opened) const { uidna_close(opened); }
  };
  static const std::unique_ptr<UIDNA, Close> opened = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<UIDNA, Close> made(uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                                           UIDNA_NONTRANSITIONAL_TO_ASCII |
                                                           UIDNA_NONTRANSITIONAL_TO_UNICODE,
                                                       &error));
    if (U_FAILURE(error)) throw std::runtime_error("ICU has no data for domain names");
    return made;
  }();
  return *opened;
}

}  // namespace

std::optional<std::string> to_a_labels(std::string_view domain) {
  if (domain.empty() || domain.size() > longest_address * 4) return std::nullopt;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  char written[longest_domain + 3];
  const auto length = uidna_nameToASCII_UTF8(&idna(), domain.data(), static_cast<std::int32_t>(domain.size()), written,
                                             sizeof written, &info, &error);
  if (U_FAILURE(error) || info.errors != 0 || length < 1) return std::nullopt;
  std::string name = lower_case({written, std::min(static_cast<std::size_t>(length), sizeof written)});
  if (!is_host_name(name)) return std::nullopt;
  return name;
}

std::optional<EmailAddress> parse_email(std::string_view typed) {
  // Phone keyboards add a space. A tab is a control character, which no address has.
  const auto text = trim_blanks(typed, " ");
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.size() > longest_address) return std::nullopt;
  const auto local = text.substr(0, at), domain = text.substr(at + 1);
  if (local.size() > longest_local_part || !is_dot_string(local)) return std::nullopt;
  const auto a_labels = to_a_labels(domain);
  if (!a_labels || local.size() + 1 + a_labels->size() > longest_address) return std::nullopt;
  return EmailAddress{std::string(local) + '@' + (is_ascii(domain) ? std::string(domain) : *a_labels),
                      lower_case(local) + '@' + *a_labels};
}

}  // namespace ostiary::limits
