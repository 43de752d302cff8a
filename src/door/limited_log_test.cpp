#include "door/limited_log.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ostiary::door {
namespace {

class KeptLines final : public Log {
 public:
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override {
    static constexpr const char* levels[] = {"debug", "info", "warning", "error"};
    std::string line = std::string(levels[static_cast<int>(level)]) + ' ' + std::string(event);
    for (const auto& field : fields) {
      const auto* const number = std::get_if<std::int64_t>(&field.value);
      line += ' ' + std::string(field.name) + '=';
      line += number ? std::to_string(*number) : std::string(std::get<std::string_view>(field.value));
    }
    lines.push_back(std::move(line));
  }

  int count(std::string_view text) const {
    return static_cast<int>(
        std::ranges::count_if(lines, [text](const std::string& line) { return line.find(text) != line.npos; }));
  }

  std::vector<std::string> lines;
};

class LimitedLogTest : public ::testing::Test {
 protected:
  void refuses(const std::string& address, const char* code = "not_found", int times = 1) {
    for (int i = 0; i < times; ++i) {
      log.write(LogLevel::info, "http.refused", {{"code", code}, {"path", "/x"}, {"address", address}});
    }
  }

  KeptLines kept;
  LimitedLog log{kept};
};

TEST_F(LimitedLogTest, PassesTheFirstLinesAndCountsTheRest) {
  refuses("203.0.113.7", "not_found", 1000);
  EXPECT_EQ(kept.count("info http.refused code=not_found path=/x address=203.0.113.7"), LimitedLog::lines_of_one);
  EXPECT_EQ(kept.count("log.withheld"), 0);
  log.tick();
  EXPECT_EQ(kept.count("info log.withheld of=http.refused code=not_found network=203.0.113.0/24 lines=990"), 1);
  refuses("203.0.113.7");
  EXPECT_EQ(kept.count("info http.refused code"), LimitedLog::lines_of_one + 1) << "the next second has its own";
  log.tick();
  EXPECT_EQ(kept.count("log.withheld"), 1) << "nothing was withheld, so nothing is said";
}

TEST_F(LimitedLogTest, TellsEventsCodesAndNetworksApart) {
  refuses("203.0.113.7", "not_found", 20);
  refuses("203.0.113.99", "not_found", 20);
  EXPECT_EQ(kept.count("info http.refused code"), LimitedLog::lines_of_one) << "one network";
  refuses("203.0.114.7");
  refuses("2001:db8:1::1");
  refuses("203.0.113.7", "rate_limited");
  log.write(LogLevel::info, "call", {{"code", "not_found"}, {"address", "203.0.113.7"}});
  EXPECT_EQ(kept.lines.size(), LimitedLog::lines_of_one + 4U);
  refuses("2001:db8:1:ffff::1", "not_found", 20);
  log.tick();
  EXPECT_EQ(kept.count("network=2001:db8:1::/48 lines=11"), 1) << "a site's /64s are one network";
}

TEST_F(LimitedLogTest, OneNetworkHidesNeitherOthersNorErrors) {
  for (int i = 0; i < 200; ++i) refuses("203.0.113.7", ("code_" + std::to_string(i % 20)).c_str());
  EXPECT_EQ(kept.count("address=203.0.113.7"), LimitedLog::lines_of_network);
  refuses("198.51.100.1");
  EXPECT_EQ(kept.count("address=198.51.100.1"), 1);
  for (int i = 0; i < 200; ++i) refuses("10." + std::to_string(i) + ".0.1");
  log.write(LogLevel::error, "call.failed", {{"code", "internal"}, {"address", "203.0.113.7"}});
  EXPECT_EQ(kept.count("error call.failed"), 1);
}

TEST_F(LimitedLogTest, LeavesWhatSucceedsAndWhatNoCallerCausesAlone) {
  for (int i = 0; i < 1000; ++i) {
    log.write(LogLevel::info, "call", {{"code", "ok"}, {"address", "203.0.113.7"}});
    log.write(LogLevel::warning, "job.dead", {{"job", "x"}});
  }
  EXPECT_EQ(kept.lines.size(), 2000U);
}

TEST_F(LimitedLogTest, LimitsOutagesThatEachCallMeets) {
  for (int i = 0; i < 1000; ++i) log.write(LogLevel::error, "call.unavailable", {{"what", "away"}});
  log.tick();
  EXPECT_EQ(kept.count("error call.unavailable"), LimitedLog::lines_of_one);
  EXPECT_EQ(kept.count("error log.withheld of=call.unavailable code= network= lines=990"), 1);
}

TEST_F(LimitedLogTest, IsBoundedWhereEachLineComesFromElsewhere) {
  for (int i = 0; i < 20'000; ++i) refuses("10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".1");
  const int passed = kept.count("info http.refused");
  EXPECT_LE(passed, LimitedLog::lines_in_all);
  log.tick();
  EXPECT_LE(kept.lines.size() - static_cast<std::size_t>(passed), LimitedLog::networks + 1);
}

TEST_F(LimitedLogTest, SaysOnceAnHourThatForwardingHeadersAreIgnored) {
  const auto comes = [this](const char* peer) {
    log.write(LogLevel::warning, "proxy.not_trusted", {{"address", peer}});
  };
  comes("10.0.0.1");
  comes("10.9.0.1");
  EXPECT_EQ(kept.count("warning proxy.not_trusted"), 1);
  for (int second = 0; second < 3599; ++second) log.tick();
  comes("10.0.0.1");
  EXPECT_EQ(kept.count("warning proxy.not_trusted"), 1);
  log.tick();
  EXPECT_EQ(kept.count("warning log.withheld of=proxy.not_trusted code= network= lines=2"), 1);
  comes("10.0.0.1");
  EXPECT_EQ(kept.count("warning proxy.not_trusted"), 2);
}

}  // namespace
}  // namespace ostiary::door
