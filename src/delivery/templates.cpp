#include "delivery/templates.hpp"

#include <ctemplate/template.h>
#include <ctemplate/template_dictionary.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <regex>
#include <set>
#include <span>
#include <sstream>

#include "base/text.hpp"
#include "embedded/mail_templates.hpp"

namespace ostiary::delivery {
namespace {

using Forms = std::span<const std::string_view>;
constexpr std::array<std::string_view, 3> mail_forms{"subject", "txt", "html"};
constexpr std::array<std::string_view, 1> text_forms{"sms"};

struct MailKind {
  std::string_view name;
  std::vector<std::string_view> values;
  Forms forms = mail_forms;
};

/// What every notice of a changed credential has.
const std::vector<std::string_view> notice_values{"display_name", "service_name", "link", "time",
                                                  "device_name",  "address",      "place"};

/// What a text with a code has.
const std::vector<std::string_view> text_values{"code", "service_name", "domain"};

std::vector<std::string_view> and_value(std::vector<std::string_view> values, std::string_view more) {
  values.push_back(more);
  return values;
}

const std::array mail_kinds{
    MailKind{"verify_email", {"code", "link", "minutes", "seconds", "display_name", "service_name"}},
    MailKind{"registration_notice", {"link", "display_name", "service_name"}},
    MailKind{"password_changed", notice_values},
    MailKind{"passkey_added", and_value(notice_values, "label")},
    MailKind{"passkey_removed", and_value(notice_values, "label")},
    MailKind{"phone_changed", and_value(notice_values, "phone_number")},
    MailKind{"phone_removed", and_value(notice_values, "phone_number")},
    MailKind{"verify_phone", text_values, text_forms},
    MailKind{"login_sms", text_values, text_forms},
    MailKind{"totp_added", notice_values},
    MailKind{"totp_removed", notice_values},
    MailKind{"factors_removed", notice_values},
    MailKind{"backup_codes_made", notice_values},
    MailKind{"backup_code_used", and_value(notice_values, "codes_left")},
    MailKind{"device_remembered", notice_values},
    MailKind{"reset_password", {"code", "link", "minutes", "seconds", "display_name", "service_name"}},
    MailKind{"change_email", {"code", "link", "minutes", "seconds", "display_name", "service_name"}},
    MailKind{"email_change_notice", {"link", "display_name", "service_name"}},
    MailKind{"email_changed", and_value(and_value(notice_values, "new_email"), "undo_link")},
    MailKind{"email_change_undone", {"link", "display_name", "service_name"}},
};

constexpr std::size_t longest_name = 100;

/// Catches what ctemplate prints about a template: it has no other way to say what is wrong. For start-up only, while
/// there is one thread.
class CaughtComplaints {
 public:
  CaughtComplaints() : before_(std::cerr.rdbuf(caught_.rdbuf())) {}
  ~CaughtComplaints() { std::cerr.rdbuf(before_); }
  CaughtComplaints(const CaughtComplaints&) = delete;
  CaughtComplaints& operator=(const CaughtComplaints&) = delete;

  std::string first_line() const {
    std::string line = caught_.str().substr(0, caught_.str().find('\n'));
    const auto prefix = line.rfind("ERROR: ");
    return prefix == std::string::npos ? line : line.substr(prefix + 7);
  }

 private:
  std::ostringstream caught_;
  std::streambuf* before_;
};

std::unique_ptr<ctemplate::Template> parse(const std::string& content, const std::string& shown) {
  const CaughtComplaints complaints;
  std::unique_ptr<ctemplate::Template> parsed(ctemplate::Template::StringToTemplate(content, ctemplate::DO_NOT_STRIP));
  if (!parsed || parsed->state() != ctemplate::TS_READY)
    throw BrokenTemplate("mail template " + shown + ": " + complaints.first_line());
  return parsed;
}

/// A dictionary that has everything, and remembers what it was asked for: the names of all values, sections and
/// includes in a template.
class AskedNames final : public ctemplate::TemplateDictionaryInterface {
 public:
  mutable std::set<std::string> names;

 private:
  class Once final : public Iterator {
   public:
    explicit Once(const AskedNames& dictionary) : dictionary_(dictionary) {}
    bool HasNext() const override { return !given_; }
    const TemplateDictionaryInterface& Next() override {
      given_ = true;
      return dictionary_;
    }

   private:
    const AskedNames& dictionary_;
    bool given_ = false;
  };

  void note(const ctemplate::TemplateString& name) const { names.emplace(name.data(), name.size()); }
  ctemplate::TemplateString GetValue(const ctemplate::TemplateString& name) const override {
    note(name);
    return {""};
  }
  bool IsHiddenSection(const ctemplate::TemplateString& name) const override {
    note(name);
    return false;
  }
  bool IsUnhiddenSection(const ctemplate::TemplateString& name) const override { return !IsHiddenSection(name); }
  bool IsHiddenTemplate(const ctemplate::TemplateString& name) const override {
    note(name);
    return true;
  }
  Iterator* CreateSectionIterator(const ctemplate::TemplateString&) const override { return new Once(*this); }
  Iterator* CreateTemplateIterator(const ctemplate::TemplateString&) const override { return new Once(*this); }
  const char* GetIncludeTemplateName(const ctemplate::TemplateString&, int) const override { return ""; }
  void DumpToString(std::string*, int) const override {}
};

std::set<std::string> names_in(const ctemplate::Template& parsed) {
  const AskedNames asked;
  std::string unused;
  parsed.Expand(&unused, &asked);
  return asked.names;
}

void check_names(const ctemplate::Template& parsed, const MailKind& kind, const std::string& shown) {
  for (const std::string& name : names_in(parsed)) {
    const std::string_view value = name.starts_with("has_") ? std::string_view(name).substr(4) : name;
    if (std::ranges::find(kind.values, value) == kind.values.end())
      throw BrokenTemplate("mail template " + shown + ": a " + std::string(kind.name) + " mail has no value '" +
                           std::string(value) + "'");
  }
}

/// Editors leave such files, and Kubernetes mounts a folder of settings with some.
bool is_hidden(const std::filesystem::path& path) { return path.filename().string().starts_with('.'); }

/// The content of a template file: UTF-8, without the mark that some editors begin a file with.
std::string_view text_of(std::string_view content, const std::string& shown) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
  if (!inspect(content).valid) throw BrokenTemplate("mail template " + shown + ": not UTF-8");
  return content;
}

/// What a language falls back to (RFC 4647, section 3.4): one subtag less, and no single character at the end.
std::string_view one_subtag_less(std::string_view language) {
  const auto cut_at_dash = [](std::string_view text) {
    const auto dash = text.rfind('-');
    return dash == std::string_view::npos ? std::string_view{} : text.substr(0, dash);
  };
  language = cut_at_dash(language);
  while (language.size() >= 2 && language[language.size() - 2] == '-') language = cut_at_dash(language);
  return language;
}

std::string lower_language(std::string_view locale) {
  std::string language(locale);
  for (char& c : language) c = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return language;
}

/// A header is one line, whatever the values hold.
std::string as_one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) line += c;
    else if (!line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

void fill(ctemplate::TemplateDictionary& dictionary, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    if (value.empty() || (name == "display_name" && !is_harmless_name(value))) continue;
    dictionary.SetValue(name, value);
    dictionary.ShowSection("has_" + name);
  }
}

std::string expand(const ctemplate::Template& parsed, const ctemplate::TemplateDictionary& dictionary) {
  std::string text;
  if (!parsed.Expand(&text, &dictionary)) throw std::runtime_error("a mail template could not be expanded");
  return text;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
}

/// "evil.example" is shown as a link by many mail programs; "J. R. R." and "J.R.R." are names.
bool has_dotted_word(std::string_view name) {
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    if (dot > 0 && is_letter_or_digit(name[dot - 1]) && dot + 2 < name.size() && is_letter_or_digit(name[dot + 1]) &&
        is_letter_or_digit(name[dot + 2]))
      return true;
  }
  return false;
}

/// Controls, and those of U+2000 to U+206F that have no width, end a line or change the direction of what follows.
bool has_hidden_characters(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = [&](std::size_t at) { return at < name.size() ? static_cast<unsigned char>(name[at]) : 0; };
    const auto third = byte(i + 2);
    if (byte(i) < ' ' || byte(i) == 0x7F || (byte(i) == 0xC2 && byte(i + 1) < 0xA0)) return true;
    if (byte(i) == 0xE2 && byte(i + 1) == 0x80 && third >= 0x8B && third <= 0xAE && (third <= 0x8F || third >= 0xA8))
      return true;
    if (byte(i) == 0xE2 && byte(i + 1) == 0x81 && third >= 0xA0) return true;
  }
  return false;
}

/// Septets of a character in the GSM 7-bit alphabet; 0 for one that it lacks.
std::size_t septets_of(char32_t c) {
  static constexpr std::u32string_view basic =
      U"@\u00A3$\u00A5\u00E8\u00E9\u00F9\u00EC\u00F2\u00C7\n\u00D8\u00F8\r\u00C5\u00E5\u0394_\u03A6\u0393\u039B"
      U"\u03A9\u03A0\u03A8\u03A3\u0398\u039E\u00C6\u00E6\u00DF\u00C9 !\"#\u00A4%&'()*+,-./0123456789:;<=>?\u00A1"
      U"ABCDEFGHIJKLMNOPQRSTUVWXYZ\u00C4\u00D6\u00D1\u00DC\u00A7\u00BF"
      U"abcdefghijklmnopqrstuvwxyz\u00E4\u00F6\u00F1\u00FC\u00E0";
  static constexpr std::u32string_view extension = U"^{}\\[~]|\u20AC\f";
  return basic.contains(c) ? 1 : extension.contains(c) ? 2 : 0;
}

/// The character at the beginning of well-formed UTF-8, and its length in bytes.
std::pair<char32_t, std::size_t> first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t character = length == 1 ? lead : lead & (0x7FU >> length);
  for (const char c : text.substr(1, length - 1)) character = character << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return {character, length};
}

}  // namespace

bool fits_one_message(std::string_view text) {
  constexpr std::size_t most_septets = 160, most_units = 70;
  std::size_t septets = 0, units = 0;
  bool is_gsm = true;
  while (!text.empty()) {
    const auto [character, length] = first_character(text);
    const std::size_t width = septets_of(character);
    is_gsm = is_gsm && width > 0;
    septets += width;
    units += character > 0xFFFF ? 2 : 1;
    text.remove_prefix(std::min(length, text.size()));
  }
  return is_gsm ? septets <= most_septets : units <= most_units;
}

bool is_harmless_name(std::string_view name) {
  return name.size() <= longest_name && name.find_first_of("/\\:@<>") == std::string_view::npos &&
         !has_hidden_characters(name) && !has_dotted_word(name);
}

MailTemplates::MailTemplates(const std::filesystem::path& folder) {
  for (const auto& file : embedded::mail_templates()) {
    const auto slash = file.name.find('/');
    add(std::string(file.name.substr(0, slash)), file.name.substr(slash + 1), file.content, std::string(file.name));
  }
  if (!folder.empty()) add_folder(folder);
  check_complete();
}

MailTemplates::~MailTemplates() = default;

void MailTemplates::add_folder(const std::filesystem::path& folder) try {
  static const std::regex tag("[a-z]{2,3}(-[a-z0-9]{2,8})*");
  for (const auto& language : std::filesystem::directory_iterator(folder)) {
    if (!language.is_directory() || is_hidden(language.path())) continue;
    const std::string name = lower_language(language.path().filename().string());
    if (!std::regex_match(name, tag))
      throw BrokenTemplate("mail templates " + language.path().string() + ": not a language");
    for (const auto& file : std::filesystem::directory_iterator(language.path())) {
      if (is_hidden(file.path())) continue;
      std::ifstream stream(file.path(), std::ios::binary);
      std::ostringstream content;
      content << stream.rdbuf();
      if (!stream) throw BrokenTemplate("mail template " + file.path().string() + ": can't be read");
      const std::string shown = file.path().string();
      add(name, file.path().filename().string(), text_of(content.view(), shown), shown);
    }
  }
} catch (const std::filesystem::filesystem_error& error) {
  throw BrokenTemplate("MAIL_TEMPLATES: " + error.path1().string() + ": " + error.code().message());
}

void MailTemplates::add(const std::string& language, std::string_view file, std::string_view content,
                        const std::string& shown) {
  for (const MailKind& kind : mail_kinds) {
    for (const std::string_view form : kind.forms) {
      const std::string name = std::string(kind.name) + "." + std::string(form);
      if (file != name + ".tpl") continue;
      // An operator's template is escaped, too, whether or not it asks for it.
      const std::string pragma = form == "html" ? "{{%AUTOESCAPE context=\"HTML\"}}" : "";
      Template parsed = parse(pragma + std::string(content), shown);
      check_names(*parsed, kind, shown);
      languages_[language][name] = std::move(parsed);
      return;
    }
  }
  throw BrokenTemplate("mail template " + shown + ": no mail is called so");
}

void MailTemplates::check_complete() const {
  for (const auto& [language, templates] : languages_) {
    for (const MailKind& kind : mail_kinds) {
      const std::string prefix = std::string(kind.name) + ".";
      const auto has = [&](std::string_view form) { return templates.contains(prefix + std::string(form)); };
      if (std::ranges::any_of(kind.forms, has) && !std::ranges::all_of(kind.forms, has))
        throw BrokenTemplate("mail templates " + language + "/" + prefix +
                             "*.tpl: a new language needs subject, txt and html of a mail");
    }
  }
}

const MailTemplates::Template& MailTemplates::find(const std::string& language, std::string_view kind,
                                                   std::string_view form) const {
  const std::string name = std::string(kind) + "." + std::string(form);
  const auto in = [&](std::string_view candidate) -> const Template* {
    const auto templates = languages_.find(candidate);
    if (templates == languages_.end()) return nullptr;
    const auto found = templates->second.find(name);
    return found == templates->second.end() ? nullptr : &found->second;
  };
  for (std::string_view candidate = language; !candidate.empty(); candidate = one_subtag_less(candidate)) {
    if (const Template* found = in(candidate)) return *found;
  }
  if (const Template* english = in("en")) return *english;
  throw std::out_of_range("no mail template is called " + name);
}

MailText MailTemplates::write(std::string_view kind, std::string_view locale,
                              const std::vector<std::pair<std::string, std::string>>& values) const {
  const std::string language = lower_language(locale);
  ctemplate::TemplateDictionary dictionary("mail");
  fill(dictionary, values);
  return {as_one_line(expand(*find(language, kind, "subject"), dictionary)),
          expand(*find(language, kind, "txt"), dictionary), expand(*find(language, kind, "html"), dictionary)};
}

std::string MailTemplates::write_text(std::string_view kind, std::string_view locale,
                                      const std::vector<std::pair<std::string, std::string>>& values) const {
  const auto& parsed = *find(lower_language(locale), kind, "sms");
  const auto write = [&](bool with_domain) {
    ctemplate::TemplateDictionary dictionary("text");
    auto given = values;
    if (!with_domain) std::erase_if(given, [](const auto& value) { return value.first == "domain"; });
    fill(dictionary, given);
    std::string text = expand(parsed, dictionary);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  };
  std::string text = write(true);
  return fits_one_message(text) ? text : write(false);
}

std::vector<std::string> MailTemplates::languages() const {
  std::vector<std::string> names;
  for (const auto& [language, templates] : languages_) names.push_back(language);
  return names;
}

}  // namespace ostiary::delivery
