#include "http/inbox.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace ostiary::http {
namespace {

/// As an I/O thread would: the bell is heard, and silenced by reading it.
class InboxTest : public ::testing::Test {
 protected:
  ~InboxTest() override { ::close(bell_); }

  bool rings() {
    pollfd bell{.fd = bell_, .events = POLLIN, .revents = 0};
    if (poll(&bell, 1, 0) != 1) return false;
    std::uint64_t count = 0;
    EXPECT_EQ(read(bell_, &count, sizeof count), ssize_t{sizeof count});
    return true;
  }

  void take() {
    for (auto& work : inbox_.take_all()) work();
  }

  Inbox inbox_;
  const int bell_ = inbox_.listen();
  std::vector<int> done_;
};

TEST_F(InboxTest, TakesTheWorkOfOthersInOrderAndRingsOnceForAll) {
  std::thread([&] {
    for (int i = 0; i < 3; ++i) inbox_.run([this, i] { done_.push_back(i); });
  }).join();
  EXPECT_TRUE(done_.empty()) << "not on the thread that brought it";
  EXPECT_TRUE(rings());
  EXPECT_FALSE(rings());
  take();
  EXPECT_EQ(done_, (std::vector{0, 1, 2}));
}

TEST_F(InboxTest, RingsAgainForWhatComesAfterALook) {
  inbox_.run([this] { done_.push_back(1); });
  EXPECT_TRUE(rings());
  take();
  inbox_.run([this] { done_.push_back(2); });
  EXPECT_TRUE(rings());
  take();
  EXPECT_EQ(done_, (std::vector{1, 2}));
}

TEST_F(InboxTest, RunsTheWorkOfItsOwnThreadAtOnce) {
  std::thread([&] {
    inbox_.belongs_to_this_thread();
    inbox_.run([this] { done_.push_back(1); });
    EXPECT_EQ(done_, std::vector{1});
  }).join();
  EXPECT_FALSE(rings());
}

TEST_F(InboxTest, DropsEverythingOnceItIsClosed) {
  const auto held = std::make_shared<int>(0);
  inbox_.run([held] { FAIL(); });
  inbox_.close();
  inbox_.run([held] { FAIL(); });
  EXPECT_EQ(held.use_count(), 1) << "also what the work held is gone";
  take();
}

}  // namespace
}  // namespace ostiary::http
