#include "limits/email_address.hpp"

#include <gtest/gtest.h>

namespace ostiary::limits {
namespace {

struct Row {
  std::string text, given, canonical;
};

TEST(EmailAddress, KeepsTheLocalPartAndTheDomainsALabels) {
  const Row rows[] = {
      {"ada@example.org", "ada@example.org", "ada@example.org"},
      {"Ada.Lovelace+x@Example.ORG", "Ada.Lovelace+x@Example.ORG", "ada.lovelace+x@example.org"},
      {"!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
      {"ada@bücher.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
      {"ada@BÜCHER.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
      {"ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"},
      {"ada@faß.example", "ada@xn--fa-hia.example", "ada@xn--fa-hia.example"},
      {"ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah", "ada@xn--r8jz45g.xn--zckzah"},
      {"a@b.c", "a@b.c", "a@b.c"},
      {"  Ada@example.org ", "Ada@example.org", "ada@example.org"},
      {"a@1.2.3.com", "a@1.2.3.com", "a@1.2.3.com"},
      {std::string(64, 'a') + "@example.org", std::string(64, 'a') + "@example.org",
       std::string(64, 'a') + "@example.org"},
      {"a@" + std::string(63, 'b') + ".org", "a@" + std::string(63, 'b') + ".org",
       "a@" + std::string(63, 'b') + ".org"},
  };
  for (const auto& row : rows) {
    const auto address = parse_email(row.text);
    ASSERT_TRUE(address) << row.text;
    EXPECT_EQ(address->given, row.given);
    EXPECT_EQ(address->canonical, row.canonical);
  }
}

// B17, B18: what could be something else to a mail server, a log or another account.
TEST(EmailAddress, TakesNothingElse) {
  const std::string four_labels = std::string(60, 'b') + '.' + std::string(60, 'c') + '.' + std::string(60, 'd');
  const std::string rows[] = {
      "",
      "@",
      "ada",
      "\tada@example.org",
      "ada@",
      "@example.org",
      "ada@example",
      "ada@localhost",
      ".ada@example.org",
      "ada.@example.org",
      "a..da@example.org",
      "a da@example.org",
      "ada @example.org",
      "\"ada\"@example.org",
      "ada@eve@example.org",
      "<ada@example.org>",
      "ada@example.org,eve@example.org",
      "ada@example.org\n",
      "ada\r\nBcc: eve@example.org",
      "ada@exam\nple.org",
      std::string("ada\0@example.org", 16),
      "adä@example.org",
      "ıda@example.org",
      "\xE2\x84\xAA@example.org",
      "ada@.example.org",
      "ada@example..org",
      "ada@example.org.",
      "ada@-example.org",
      "ada@example-.org",
      "ada@exam_ple.org",
      "ada@[192.0.2.1]",
      "ada@192.0.2.1",
      "ada@exa mple.org",
      "ada@example.org/x",
      "ada@xn--.example",
      "ada@xn--a-\xC3\xA4.example",
      "ada@\xFF.example",
      "ada@a\xCC\x88\xE2\x80\x8D.example",
      std::string(65, 'a') + "@example.org",
      "a@" + std::string(64, 'b') + ".org",
      std::string(64, 'a') + "@" + four_labels + ".eeeeeeeeeeeee",
  };
  for (const auto& text : rows) EXPECT_FALSE(parse_email(text)) << text;
  EXPECT_TRUE(parse_email(std::string(64, 'a') + "@" + four_labels + ".eeeee"));
}

// A domain that grows by its A-labels beyond what SMTP takes.
TEST(EmailAddress, MeasuresTheALabels) {
  std::string domain;
  for (int i = 0; i < 9; ++i) domain += "üöäüöäüö.";
  domain += "example";
  const std::string local(64, 'a');
  ASSERT_LE(local.size() + 1 + domain.size(), 254u);
  const auto labels = to_a_labels(domain);
  ASSERT_TRUE(labels);
  EXPECT_EQ(parse_email(local + "@" + domain).has_value(), local.size() + 1 + labels->size() <= 254);
  EXPECT_FALSE(to_a_labels(std::string(10'000, 'a') + ".org"));
}

}  // namespace
}  // namespace ostiary::limits
