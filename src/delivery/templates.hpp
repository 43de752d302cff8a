#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/wrong_setting.hpp"

namespace ctemplate {
class Template;
}

namespace ostiary::delivery {

/// The content of a mail.
struct MailText {
  std::string subject;  ///< one line
  std::string text;
  std::string html;
};

/// A mail template cannot be used. The message is one line that names the file.
class BrokenTemplate final : public WrongSetting {
 public:
  using WrongSetting::WrongSetting;
};

/// The mail templates: the built-in ones and an operator's replacements. Thread-safe after construction.
///
/// A template is a file `<language>/<kind>.<subject|txt|html>.tpl`, or `.sms.tpl` for a text to a phone, in ctemplate's
/// language. `{{code}}` inserts a value;
/// `{{#has_code}}...{{/has_code}}` is shown only if the value is not empty. In HTML values are escaped for their
/// context.
class MailTemplates {
 public:
  /// Reads the program's templates and those in `folder` (MAIL_TEMPLATES; empty: none), file by file in their place. A
  /// folder of another language adds it; there a mail that is not written is sent in English. Throws BrokenTemplate for
  /// one that is not UTF-8, can't be parsed, shows a value that its kind doesn't have, or has a name that means
  /// nothing.
  explicit MailTemplates(const std::filesystem::path& folder);
  ~MailTemplates();
  MailTemplates(const MailTemplates&) = delete;
  MailTemplates& operator=(const MailTemplates&) = delete;

  /// Writes a mail in the language of `locale`, by RFC 4647's lookup ("zh-Hant-HK": zh-hant-hk, else zh-hant, else zh,
  /// else en). Throws std::out_of_range for a kind that has no template.
  MailText write(std::string_view kind, std::string_view locale,
                 const std::vector<std::pair<std::string, std::string>>& values) const;

  /// Writes a text to a phone in the language of `locale`. The domain line at its end, for which the templates have
  /// `domain`, is left out if the text would not fit into one message otherwise.
  std::string write_text(std::string_view kind, std::string_view locale,
                         const std::vector<std::pair<std::string, std::string>>& values) const;

  /// The languages that have templates, in alphabetical order.
  std::vector<std::string> languages() const;

 private:
  using Template = std::unique_ptr<ctemplate::Template>;

  /// `shown` names the file in errors.
  void add(const std::string& language, std::string_view file, std::string_view content, const std::string& shown);
  void add_folder(const std::filesystem::path& folder);
  void check_complete() const;
  const Template& find(const std::string& language, std::string_view kind, std::string_view form) const;

  std::map<std::string, std::map<std::string, Template, std::less<>>, std::less<>> languages_;  ///< by "<kind>.<form>"
};

/// Whether a text is sent as one message: 160 characters of the GSM 7-bit alphabet (3GPP TS 23.038), where those of its
/// extension count twice, or 70 UTF-16 units.
bool fits_one_message(std::string_view text);

/// Whether a name that a stranger may have chosen can be shown in a mail to somebody else: short, without control or
/// bidirectional characters, and without anything that a mail program would turn into a link.
bool is_harmless_name(std::string_view name);

}  // namespace ostiary::delivery
