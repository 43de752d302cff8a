#include "adapters/mailbox.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>
#include <vector>

#include "every_engine/temporary_folder.hpp"
#include "scaffolding/moved_clock.hpp"

namespace ostiary::adapters {
namespace {

using namespace std::chrono_literals;
using testing::MovedClock;

Mail mail_number(int number) {
  return {"id@example.org", "ada@example.org", "mail " + std::to_string(number), "text\n\"ü\"\x01", "<p>"};
}

TEST(Mailbox, KeepsItsKeyOverARestart) {
  const testing::TemporaryFolder folder, other;
  const MovedClock clock;
  SystemRandom random;
  const Secret key = Mailbox(folder.path() / "mailbox", clock).key(random);
  EXPECT_EQ(key.reveal().size(), 22U);
  const Mailbox again(folder.path() / "mailbox", clock);
  EXPECT_EQ(again.key(random), key);
  EXPECT_TRUE(again.latest(1).empty()) << "it is no mail";
  EXPECT_FALSE(Mailbox(other.path(), clock).key(random) == key);
  std::ofstream(folder.path() / "mailbox" / "key") << "guess\n";
  EXPECT_THROW(again.key(random), std::runtime_error);
}

TEST(Mailbox, KeepsWhatItGetsNewestFirstOverARestart) {
  const testing::TemporaryFolder folder;
  MovedClock clock;
  {
    Mailbox mailbox(folder.path() / "mailbox", clock);
    for (int i = 1; i <= 12; ++i) EXPECT_EQ(mailbox.send(mail_number(i), [] {}).delivery, Delivery::accepted);
  }
  clock.advances(1s);
  Mailbox mailbox(folder.path() / "mailbox", clock);
  mailbox.send(mail_number(13), [] {});
  const auto latest = mailbox.latest(3);
  ASSERT_EQ(latest.size(), 3u);
  EXPECT_EQ(latest[0].mail.subject, "mail 13");
  EXPECT_EQ(latest[1].mail.subject, "mail 12");
  EXPECT_EQ(latest[2].mail.subject, "mail 11");
  EXPECT_EQ(latest[0].mail.text, "text\n\"ü\"\x01");
  EXPECT_EQ(latest[0].mail.to, "ada@example.org");
  EXPECT_EQ(latest[0].received_at, clock.now());
  EXPECT_EQ(mailbox.latest(100).size(), 13u);
}

TEST(Mailbox, KeepsTextsBesideMails) {
  const testing::TemporaryFolder folder;
  const MovedClock clock;
  Mailbox mailbox(folder.path(), clock);
  bool was_told = false;
  const TextMessage text{"id", "+436641234567", "123456 is your code."};
  EXPECT_EQ(mailbox.send(text, [&] { was_told = true; }).delivery, Delivery::accepted);
  EXPECT_TRUE(was_told);
  const auto latest = mailbox.latest(2);
  ASSERT_EQ(latest.size(), 1U);
  EXPECT_EQ(latest[0].mail.to, text.to);
  EXPECT_EQ(latest[0].mail.text, text.text);
  EXPECT_EQ(latest[0].mail.html, "");
}

TEST(Mailbox, IsForItsOwnerOnly) {
  const testing::TemporaryFolder folder;
  const MovedClock clock;
  Mailbox mailbox(folder.path() / "mailbox", clock);
  mailbox.send(mail_number(1), [] {});
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder.path() / "mailbox").permissions(), perms::owner_all);
  for (const auto& file : std::filesystem::directory_iterator(folder.path() / "mailbox"))
    EXPECT_EQ(file.status().permissions(), perms::owner_read | perms::owner_write);
}

TEST(Mailbox, ForgetsTheOldest) {
  const testing::TemporaryFolder folder;
  const MovedClock clock;
  Mailbox mailbox(folder.path(), clock);
  for (int i = 1; i <= 205; ++i) mailbox.send(mail_number(i), [] {});
  const auto latest = mailbox.latest(1000);
  ASSERT_EQ(latest.size(), Mailbox::capacity);
  EXPECT_EQ(latest.back().mail.subject, "mail 6");
}

TEST(Mailbox, PassesOverAFileThatACrashLeft) {
  const testing::TemporaryFolder folder;
  const MovedClock clock;
  Mailbox mailbox(folder.path(), clock);
  mailbox.send(mail_number(1), [] {});
  std::ofstream(folder.path() / "999999999999999999-1-1.json") << "{\"to\": ";
  std::ofstream(folder.path() / "999999999999999999-1-2.json") << "";
  std::ofstream(folder.path() / "999999999999999999-1-3.json.part") << "{";
  ASSERT_EQ(mailbox.latest(10).size(), 1u);
}

TEST(Mailbox, AnObjectionKeepsTheMailOut) {
  const testing::TemporaryFolder folder;
  const MovedClock clock;
  Mailbox mailbox(folder.path(), clock);
  EXPECT_THROW(mailbox.send(mail_number(1), [] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_TRUE(mailbox.latest(10).empty());
}

TEST(Mailbox, ManyThreadsLoseNothing) {
  const testing::TemporaryFolder folder;
  const MovedClock clock;
  Mailbox mailbox(folder.path(), clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 40; ++n) mailbox.send(mail_number(n), [] {});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(mailbox.latest(1000).size(), 160u);
}

}  // namespace
}  // namespace ostiary::adapters
