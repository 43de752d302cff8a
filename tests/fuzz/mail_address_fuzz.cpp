// Whom mail goes to and what its headers hold: an address that is accepted can be sent to and is one account, however
// it is spelt; a header never ends early.
#include <vector>

#include "adapters/smtp_mailer.hpp"
#include "base/text.hpp"
#include "delivery/templates.hpp"
#include "fuzz/invariant.hpp"
#include "limits/email_address.hpp"
#include "limits/username.hpp"

namespace {

using namespace ostiary;
using fuzz::must;

void check_address(std::string_view text) {
  const auto email = limits::parse_email(text);
  if (!email) return;
  must(adapters::is_mail_address(email->given) && adapters::is_mail_address(email->canonical), "it can be sent to");
  for (const std::string& spelling : {email->given, email->canonical}) {
    const auto again = limits::parse_email(spelling);
    must(again && again->canonical == email->canonical, "it is one account");
    must(again->given == spelling, "it is written as it was");
  }
  must(limits::judge_username(text) != limits::UsernameVerdict::acceptable, "an address is nobody's username");
}

void check_username(std::string_view text) {
  const std::string skeleton = limits::username_skeleton(text);
  const std::string canonical = limits::username_canonical(text);
  must(inspect(skeleton).valid, "a skeleton is a text");
  must(limits::username_canonical(canonical) == canonical, "a name is found by one form");
  const auto verdict = limits::judge_username(text);
  must((verdict == limits::UsernameVerdict::not_text) == !inspect(text).valid, "a username is a text");
  if (verdict != limits::UsernameVerdict::acceptable) {
    must(!limits::explain(verdict).empty(), "a verdict is explained");
    return;
  }
  must(!skeleton.empty() && !canonical.empty(), "a name looks like something, and is found");
  const std::string_view name = trim_blanks(text);
  must(name.size() <= 128 && name.find_first_of(" @<>\"'&/\\:;,\r\n\t") == std::string_view::npos,
       "a name is harmless");
}

/// What a header's encoded words spell.
std::string decoded(std::string_view header) {
  std::string text;
  while (!header.empty()) {
    must(header.starts_with("=?UTF-8?Q?"), "words are encoded as UTF-8");
    header.remove_prefix(10);
    const auto end = header.find("?=");
    must(end != std::string_view::npos && end + 12 <= 75, "a word ends in time");
    for (std::size_t i = 0; i < end; ++i) {
      if (header[i] != '=') {
        text += header[i] == '_' ? ' ' : header[i];
      } else {
        text += static_cast<char>(std::stoi(std::string(header.substr(i + 1, 2)), nullptr, 16));
        i += 2;
      }
    }
    header.remove_prefix(end + 2);
    if (header.empty()) break;
    must(header.starts_with("\r\n "), "words are folded");
    header.remove_prefix(3);
  }
  return text;
}

void check_header(std::string_view text) {
  const std::string header = adapters::encode_header(text, 9);
  if (header != text) must(decoded(header) == text, "what was encoded is what was given");
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool fold = header.compare(i, 3, "\r\n ") == 0;
    if (fold) i += 2;
    else must(header[i] >= ' ' && header[i] <= '~', "a header holds no line end of the text's");
  }
}

void check_sender(std::string_view text) {
  const auto sender = adapters::parse_sender(text);
  if (sender) must(adapters::is_mail_address(sender->address), "a sender has an address");
}

void check_name(std::string_view text) {
  if (!inspect(text).valid || !delivery::is_harmless_name(text)) return;
  must(!inspect(text).has_control, "a name in a mail is one line");
  must(text.find("://") == std::string_view::npos, "a name in a mail is no link");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_address(text);
  check_username(text);
  // Subjects are texts of ours, and those are UTF-8.
  if (inspect(text).valid) check_header(text);
  check_sender(text);
  check_name(text);
  return 0;
}
