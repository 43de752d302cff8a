#include "delivery/templates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "every_engine/temporary_folder.hpp"

namespace ostiary::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Values = std::vector<std::pair<std::string, std::string>>;

Values verification(std::string name) {
  return {{"code", "042137"},
          {"link", "https://id.example.org/verify#token=a-_B&x=1"},
          {"minutes", "10"},
          {"display_name", std::move(name)},
          {"service_name", "Ödland & Söhne"}};
}

class Folder {
 public:
  void holds(const std::string& file, const std::string& content) const {
    std::filesystem::create_directories((folder_.path() / file).parent_path());
    std::ofstream(folder_.path() / file) << content;
  }
  std::string complaint() const {
    try {
      const MailTemplates templates(folder_.path());
      return "";
    } catch (const BrokenTemplate& error) {
      return error.what();
    }
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  testing::TemporaryFolder folder_;
};

TEST(MailTemplates, SaysEverythingInBothLanguages) {
  const MailTemplates templates("");
  EXPECT_THAT(templates.languages(), ElementsAre("de", "en"));
  for (const std::string language : {"en", "de"}) {
    const MailText mail = templates.write("verify_email", language, verification("Ada"));
    EXPECT_THAT(mail.subject, HasSubstr("042137"));
    for (const std::string* body : {&mail.text, &mail.html}) {
      EXPECT_THAT(*body, HasSubstr("042137"));
      EXPECT_THAT(*body, HasSubstr(" 10 "));
      EXPECT_THAT(*body, HasSubstr(" Ada,"));
      EXPECT_THAT(*body, Not(HasSubstr("{{")));
    }
    EXPECT_THAT(mail.text, HasSubstr("\nhttps://id.example.org/verify#token=a-_B&x=1\n"));
    EXPECT_THAT(mail.html, HasSubstr("href=\"https://id.example.org/verify#token=a-_B&amp;x=1\""));
    EXPECT_THAT(mail.text, HasSubstr("Ödland & Söhne"));
    EXPECT_THAT(mail.html, HasSubstr("Ödland &amp; Söhne"));

    const MailText notice = templates.write("registration_notice", language,
                                            {{"display_name", ""}, {"service_name", "S"}, {"link", "https://s.org"}});
    EXPECT_THAT(notice.text, HasSubstr("\nhttps://s.org\n"));
    EXPECT_THAT(notice.html, HasSubstr("href=\"https://s.org\""));
    EXPECT_THAT(notice.text, Not(HasSubstr(" ,")));
  }
}

TEST(MailTemplates, WritesTextsThatFitIntoOneMessage) {
  const MailTemplates templates("");
  const auto text = [&](std::string_view kind, std::string_view language, const std::string& service,
                        const std::string& domain) {
    return templates.write_text(kind, language, {{"code", "042137"}, {"service_name", service}, {"domain", domain}});
  };
  for (const std::string_view kind : {"verify_phone", "login_sms"}) {
    for (const std::string_view language : {"en", "de-AT"}) {
      const std::string usual = text(kind, language, "Ödland & Söhne", "id.example.org");
      EXPECT_THAT(usual, ::testing::StartsWith("042137 "));
      EXPECT_THAT(usual, HasSubstr("Ödland & Söhne"));
      EXPECT_THAT(usual, ::testing::EndsWith("\n\n@id.example.org #042137")) << "as browsers expect it (WebOTP)";
      EXPECT_TRUE(fits_one_message(usual)) << usual;
      const std::string longest = text(kind, language, std::string(64, 'x'), std::string(60, 'd') + ".example");
      EXPECT_THAT(longest, Not(HasSubstr("@"))) << "the domain goes first";
      EXPECT_TRUE(fits_one_message(longest)) << longest;
      EXPECT_THAT(text(kind, language, "Example", ""), Not(HasSubstr("@")));
    }
  }
  EXPECT_THROW(templates.write_text("verify_email", "en", {}), std::out_of_range);
}

TEST(Texts, AreMeasuredAsPhonesDo) {
  const auto times = [](int count, std::string_view character) {
    std::string text;
    for (int i = 0; i < count; ++i) text += character;
    return text;
  };
  EXPECT_TRUE(fits_one_message(""));
  EXPECT_TRUE(fits_one_message(times(160, "a")));
  EXPECT_FALSE(fits_one_message(times(161, "a")));
  EXPECT_TRUE(fits_one_message(times(160, "ß")));
  EXPECT_TRUE(fits_one_message(times(160, "@")));
  EXPECT_TRUE(fits_one_message(times(80, "€")));
  EXPECT_FALSE(fits_one_message(times(81, "€")));
  EXPECT_TRUE(fits_one_message(times(70, "и")));
  EXPECT_FALSE(fits_one_message(times(71, "и")));
  EXPECT_TRUE(fits_one_message(times(35, "🦀")));
  EXPECT_FALSE(fits_one_message(times(36, "🦀")));
}

TEST(MailTemplates, ChoosesTheLanguage) {
  const MailTemplates templates("");
  const auto greeting = [&](std::string_view locale) {
    return templates.write("verify_email", locale, verification("")).text.substr(0, 5);
  };
  for (const std::string_view german : {"de", "de-AT", "DE_ch", "de-Latn-DE"}) EXPECT_EQ(greeting(german), "Guten");
  for (const std::string_view english : {"en", "en-GB", "", "fr", "den", "../de", "-"})
    EXPECT_EQ(greeting(english), "Hello") << english;
  EXPECT_THROW(templates.write("nonsense", "en", {}), std::out_of_range);
}

// RFC 4647, section 3.4
TEST(MailTemplates, FallsBackOneSubtagAtATime) {
  const Folder folder;
  for (const std::string language : {"zh", "zh-Hant", "zh-Hant-HK"}) {
    folder.holds(language + "/verify_email.subject.tpl", language);
    folder.holds(language + "/verify_email.txt.tpl", "{{code}}");
    folder.holds(language + "/verify_email.html.tpl", "{{code}}");
  }
  const MailTemplates templates(folder.path());
  const auto language = [&](std::string_view locale) { return templates.write("verify_email", locale, {}).subject; };
  EXPECT_EQ(language("zh-Hant-HK"), "zh-Hant-HK");
  EXPECT_EQ(language("zh-Hant-HK-x-private"), "zh-Hant-HK");
  EXPECT_EQ(language("zh-Hant-TW"), "zh-Hant");
  EXPECT_EQ(language("zh_hant_mo"), "zh-Hant");
  EXPECT_EQ(language("zh-Hant-a-bcd"), "zh-Hant");
  EXPECT_EQ(language("zh-Hans-CN"), "zh");
  EXPECT_EQ(language("zh-x"), "zh");
}

TEST(MailTemplates, ReadsUtf8WithOrWithoutAMark) {
  const Folder folder;
  folder.holds("en/verify_email.subject.tpl", "\xEF\xBB\xBFGrüße");
  folder.holds("en/verify_email.html.tpl", "\xEF\xBB\xBF<p>{{code}}");
  EXPECT_EQ(MailTemplates(folder.path()).write("verify_email", "en", {}).subject, "Grüße");
  EXPECT_EQ(MailTemplates(folder.path()).write("verify_email", "en", {}).html, "<p>");
}

// B17
TEST(MailTemplates, HostileValuesStayValues) {
  const MailTemplates templates("");
  const MailText mail = templates.write("verify_email", "en",
                                        {{"code", "<script>alert(1)</script>"},
                                         {"link", "javascript:alert(1)"},
                                         {"minutes", "10\r\nBcc: a@b.org"},
                                         {"display_name", "{{code}}"},
                                         {"service_name", "S\r\nBcc: everyone@example.org\r\n\r\n<img src=x>"}});
  EXPECT_THAT(mail.html, Not(HasSubstr("<script>")));
  EXPECT_THAT(mail.html, Not(HasSubstr("<img")));
  EXPECT_THAT(mail.html, Not(HasSubstr("javascript:")));
  EXPECT_THAT(mail.text, HasSubstr("Hello {{code}},"));
  EXPECT_EQ(mail.subject.find_first_of("\r\n"), std::string::npos);
  EXPECT_THAT(mail.subject, HasSubstr("S Bcc: everyone@example.org <img src=x>"));
}

// A stranger may register anybody's address under any name: it must not carry a message of theirs.
TEST(MailTemplates, ANameThatIsAMessageIsLeftOut) {
  for (const std::string_view name :
       {"Ada Lovelace", "J. R. R. Tolkien", "J.R.R. Tolkien", "Zoë", "O'Neill", "李小龍", "Dr. Ada", "d’Arc"})
    EXPECT_TRUE(is_harmless_name(name)) << name;
  for (const std::string& name :
       {std::string("https://evil.example"), std::string("win at evil.example now"), std::string("evil.com"),
        std::string("a@b"), std::string("Ada\nYou have won"), std::string("Ada\x7f"), std::string("\xC2\x85"),
        std::string("\xE2\x80\xAE"
                    "live"),
        std::string("A\xE2\x80\x8B"), std::string("\xE2\x81\xA6"), std::string("пример.рф"), std::string(101, 'a'),
        std::string("Ada\0", 4)})
    EXPECT_FALSE(is_harmless_name(name)) << name;
  const MailText mail = MailTemplates("").write("verify_email", "en", verification("evil.example"));
  EXPECT_THAT(mail.text, HasSubstr("Hello,\n"));
  EXPECT_THAT(mail.html, Not(HasSubstr("evil")));
}

TEST(MailTemplates, AnOperatorsFileStandsInForOurs) {
  const Folder folder;
  folder.holds("en/verify_email.subject.tpl", "Your code: {{code}}\n");
  folder.holds("en/verify_email.html.tpl",
               "<p>{{#has_display_name}}Dear {{display_name}}: {{/has_display_name}}{{code}}");
  folder.holds("fr/verify_email.subject.tpl", "Votre code");
  folder.holds("fr/verify_email.txt.tpl", "{{code}}");
  folder.holds("fr/verify_email.html.tpl", "<p>{{code}}");
  folder.holds("..data/whatever", "what Kubernetes leaves");
  folder.holds("fr/.verify_email.txt.tpl.swp", "what an editor leaves");
  const MailTemplates templates(folder.path());
  EXPECT_THAT(templates.languages(), ElementsAre("de", "en", "fr"));
  const MailText english = templates.write("verify_email", "en", {{"code", "<1>"}, {"display_name", "A&B"}});
  EXPECT_EQ(english.subject, "Your code: <1>");
  EXPECT_EQ(english.html, "<p>Dear A&amp;B: &lt;1&gt;");
  EXPECT_THAT(english.text, HasSubstr("Hello A&B,"));
  EXPECT_EQ(templates.write("verify_email", "fr-CA", {{"code", "1"}}).text, "1");
  EXPECT_THAT(templates.write("registration_notice", "fr", {}).text, HasSubstr("Hello"));
}

TEST(MailTemplates, ABrokenFileIsNamedInOneLine) {
  const struct {
    std::string file, content, complaint;
  } table[] = {
      {"en/verify_email.txt.tpl", "{{#has_code}}", "File ended before all sections were closed"},
      {"en/verify_email.txt.tpl", "{{kode}}", "a verify_email mail has no value 'kode'"},
      {"en/verify_email.txt.tpl", "{{#has_kode}}x{{/has_kode}}", "no value 'kode'"},
      {"en/verify_email.txt.tpl", "{{>/etc/passwd}}", "/etc/passwd"},
      {"en/verify_email.html.tpl", "{{>secrets}}", "no value 'secrets'"},
      {"en/registration_notice.txt.tpl", "{{code}}", "a registration_notice mail has no value 'code'"},
      {"en/verify_email.txt.tpl", "Gr\xFC\xDF", "not UTF-8"},
      {"en/verify_emial.txt.tpl", "", "no mail is called so"},
      {"en/verify_email.text.tpl", "", "no mail is called so"},
      {"Deutsch!/verify_email.txt.tpl", "", "not a language"},
      {"fr/verify_email.txt.tpl", "{{code}}", "a new language needs subject, txt and html"},
  };
  for (const auto& row : table) {
    const Folder folder;
    folder.holds(row.file, row.content);
    EXPECT_THAT(folder.complaint(), HasSubstr(row.complaint)) << row.file << ": " << row.content;
    EXPECT_THAT(folder.complaint(), HasSubstr(row.file.substr(0, row.file.find('/')))) << row.file;
    EXPECT_THAT(folder.complaint(), Not(HasSubstr("\n")));
  }
  EXPECT_THROW(MailTemplates("/nonexistent/templates"), BrokenTemplate);
}

}  // namespace
}  // namespace ostiary::delivery
