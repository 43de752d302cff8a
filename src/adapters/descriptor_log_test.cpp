#include "adapters/descriptor_log.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace ostiary::adapters {
namespace {

/// Both ends of a pipe, and everything that was written to it.
class Pipe {
 public:
  Pipe() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    read_end_ = ends[0];
    write_end_ = ends[1];
  }
  ~Pipe() {
    if (write_end_ >= 0) ::close(write_end_);
    ::close(read_end_);
  }

  int write_end() const { return write_end_; }

  /// One line; waits for it.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(read_end_, &c, 1) == 1 && c != '\n';) text.push_back(c);
    return text;
  }

  /// What there is until the end; nobody may write any more.
  std::string rest() {
    ::close(std::exchange(write_end_, -1));
    std::string text;
    char part[4096];
    for (ssize_t size; (size = ::read(read_end_, part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(size));
    return text;
  }

 private:
  int read_end_ = -1, write_end_ = -1;
};

TEST(DescriptorLog, WritesJsonToAPipe) {
  Pipe pipe;
  DescriptorLog log(pipe.write_end(), LogLevel::info);
  log.write(LogLevel::info, "session.start", {{"user", "ada"}, {"attempt", 3}, {"new_device", true}});
  const auto line = boost::json::parse(pipe.line()).as_object();
  EXPECT_EQ(line.at("level"), "info");
  EXPECT_EQ(line.at("event"), "session.start");
  EXPECT_EQ(line.at("user"), "ada");
  EXPECT_EQ(line.at("attempt"), 3);
  EXPECT_EQ(line.at("new_device"), true);
  const std::regex rfc3339(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)");
  EXPECT_TRUE(std::regex_match(std::string(line.at("time").as_string()), rfc3339)) << line.at("time");
}

TEST(DescriptorLog, WritesReadableText) {
  Pipe pipe;
  DescriptorLog log(pipe.write_end(), LogLevel::debug, LogStyle::text);
  log.write(LogLevel::warning, "mail.refused", {{"to", "ada@example.org"}, {"answer", "450 try later"}, {"tries", 2}});
  const std::regex expected(
      R"(\d\d:\d\d:\d\d\.\d{3} warning mail\.refused to=ada@example\.org answer="450 try later" tries=2)");
  const auto line = pipe.line();
  EXPECT_TRUE(std::regex_match(line, expected)) << line;
}

TEST(DescriptorLog, ColoursTheLevelOnly) {
  Pipe pipe;
  DescriptorLog log(pipe.write_end(), LogLevel::debug, LogStyle::coloured_text);
  log.write(LogLevel::error, "broken", {});
  const auto line = pipe.line();
  EXPECT_NE(line.find(" \033[31merror  \033[0m broken"), std::string::npos) << line;
}

TEST(DescriptorLog, LeavesOutWhatIsBelowItsLevel) {
  Pipe pipe;
  {
    DescriptorLog log(pipe.write_end(), LogLevel::warning);
    log.write(LogLevel::debug, "small", {});
    log.write(LogLevel::info, "medium", {});
    log.write(LogLevel::warning, "large", {});
  }
  const auto text = pipe.rest();
  EXPECT_EQ(text.find("small"), text.npos);
  EXPECT_EQ(text.find("medium"), text.npos);
  EXPECT_NE(text.find("large"), text.npos);
}

// B17, ASVS 16.4.1: whatever a field holds, one call makes one line, and no terminal is told what to do.
TEST(DescriptorLog, EncodesWhatCouldForgeALine) {
  struct Row {
    std::string value, json;
  };
  const std::vector<Row> rows{
      {"a\nb\r\tc", R"(a\nb\r\tc)"},
      {std::string("nul\0", 4), R"(nul\u0000)"},
      {"\033[2J", R"(\u001b[2J)"},
      {"\x7f", R"(\u007f)"},
      {"\xc2\x9b", R"(\u009b)"},
      {"\xe2\x80\xa8", R"(\u2028)"},
      {"\xe2\x80\xae", R"(\u202e)"},
      {"quote\" back\\", R"(quote\" back\\)"},
      {"\xff\xc0\xaf", R"(\ufffd\ufffd\ufffd)"},
      {"\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},
      {"cut\xe2\x82", R"(cut\ufffd\ufffd)"},
      {"\xf0\x9f\x94\x91 \xc3\xa9", "\xf0\x9f\x94\x91 \xc3\xa9"},
  };
  for (const auto style : {LogStyle::json, LogStyle::text}) {
    for (const auto& row : rows) {
      Pipe pipe;
      DescriptorLog log(pipe.write_end(), LogLevel::info, style);
      log.write(LogLevel::warning, "e", {{"value", row.value}});
      const auto line = pipe.line();
      EXPECT_NE(line.find('"' + row.json + '"'), line.npos) << line;
    }
  }
}

TEST(DescriptorLog, CutsALongValue) {
  Pipe pipe;
  DescriptorLog log(pipe.write_end(), LogLevel::info);
  log.write(LogLevel::warning, "e", {{"value", std::string(1'000'000, 'x')}});
  EXPECT_LT(pipe.line().size(), 4300u);
}

TEST(DescriptorLog, KeepsLinesWholeAcrossThreads) {
  Pipe pipe;
  std::string text;
  std::thread reader;
  {
    DescriptorLog log(pipe.write_end(), LogLevel::info);
    reader = std::thread([&] {
      for (int i = 0; i < 4'000; ++i) {
        const auto line = boost::json::parse(pipe.line()).as_object();
        EXPECT_EQ(line.at("event"), "e");
      }
    });
    std::vector<std::jthread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) log.write(LogLevel::info, "e", {{"i", i}});
      });
    }
  }
  reader.join();
}

TEST(DescriptorLog, NeverWaitsForAReaderAndCountsWhatItDropped) {
  Pipe pipe;
  std::string text;
  {
    DescriptorLog log(pipe.write_end(), LogLevel::info);
    const std::string value(4'000, 'x');
    // The pipe takes 64 KiB and nobody reads: the rest waits in memory, up to its bound.
    for (int i = 0; i < 3'000; ++i) log.write(LogLevel::info, "e", {{"value", value}});
    std::thread reader([&] {
      for (std::string line; text.find("log.dropped") == text.npos;) text = pipe.line();
    });
    reader.join();
  }
  EXPECT_GT(boost::json::parse(text).at("lines").as_int64(), 1'000);
}

TEST(DescriptorLog, OutlivesItsReader) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  {
    DescriptorLog log(ends[1], LogLevel::info);
    for (int i = 0; i < 10; ++i) log.write(LogLevel::error, "unheard", {});
  }
  ::close(ends[1]);
}

}  // namespace
}  // namespace ostiary::adapters
