#include "http/head.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ostiary::http {
namespace {

TEST(HttpHead, EndsAtItsEmptyLine) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = head + "more\r\n\r\n";
  // However the bytes arrive, the end is the same.
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    std::size_t scanned = 0;
    const auto progress = find_end_of_head(std::string_view(bytes).substr(0, first), scanned);
    EXPECT_EQ(progress, first < head.size() ? HeadProgress::incomplete : HeadProgress::complete) << first;
    if (progress == HeadProgress::incomplete) {
      EXPECT_EQ(find_end_of_head(bytes, scanned), HeadProgress::complete);
    }
    EXPECT_EQ(scanned, head.size());
  }
}

TEST(HttpHead, FindsABareLineFeedAtOnce) {
  for (const std::string bytes : {"\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: a\n", "GET / HTTP/1.1\r\n\n"}) {
    std::size_t scanned = 0;
    EXPECT_EQ(find_end_of_head(bytes, scanned), HeadProgress::bare_line_feed) << bytes;
  }
}

struct Row {
  std::string head;  ///< without the empty line
  bool flawed;
};

// B22
TEST(HttpHead, HasNoTwoReadings) {
  const std::string get = "GET / HTTP/1.1\r\n", host = "Host: localhost:8001\r\n", post = "POST / HTTP/1.1\r\n" + host;
  const Row rows[] = {
      {get + host, false},
      {get + "host:[::1]:8001\r\n", false},
      {get + host + "X-Empty:\r\nX-Blank: \t \r\n", false},
      {get + host + "X-Text: caf\xc3\xa9\ttab\r\n", false},
      {post + "Content-Length: 0\r\n", false},
      {post + "Transfer-Encoding: chunked\r\n", false},
      {post + "transfer-encoding:\tChunked \r\n", false},
      {"GET / HTTP/1.0\r\n", false},

      {get, true},
      {get + host + host, true},
      {get + "Host: a b\r\n", true},
      {get + "Host: a/b\r\n", true},
      {get + "Host: a@b\r\n", true},
      {get + "Host: a,b\r\n", true},
      {get + host + " folded: yes\r\n", true},
      {get + host + "X-Long: a\r\n\tb\r\n", true},
      {get + host + "X-Name : a\r\n", true},
      {get + host + ": a\r\n", true},
      {get + host + "nocolon\r\n", true},
      {get + host + "X(Name): a\r\n", true},
      {get + host + "X-\xc3\xa9: a\r\n", true},
      {get + host + "X-Control: a\x01\r\n", true},
      {get + host + "X-Return: a\rb\r\n", true},
      {get + host + std::string("X-Nul: a\0b\r\n", 12), true},
      {"GET\t/ HTTP/1.1\r\n" + host, true},
      {"GET /\r HTTP/1.1\r\n" + host, true},
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", true},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", true},
      {post + "Content-Length: 3\r\nContent-Length: 3\r\n", true},
      {post + "Content-Length: 3, 3\r\n", true},
      {post + "Content-Length: +3\r\n", true},
      {post + "Content-Length: -3\r\n", true},
      {post + "Content-Length: 0x3\r\n", true},
      {post + "Content-Length: 3 3\r\n", true},
      {post + "Content-Length:\r\n", true},
      {post + "Content-Length: 99999999999999999999\r\n", true},
      {post + "Transfer-Encoding: xchunked\r\n", true},
      {post + "Transfer-Encoding: gzip, chunked\r\n", true},
      {post + "Transfer-Encoding: chunked, identity\r\n", true},
      {post + "Transfer-Encoding: identity\r\n", true},
      {post + "Transfer-Encoding: \"chunked\"\r\n", true},
      {post + "Transfer-Encoding:\r\n", true},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", true},
      {post + "Transfer-Encoding : chunked\r\n", true},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", true},
  };
  for (const auto& row : rows) EXPECT_EQ(flaw_of_head(row.head + "\r\n").has_value(), row.flawed) << row.head;
  EXPECT_TRUE(flaw_of_head("").has_value());
  EXPECT_TRUE(flaw_of_head(get + host).has_value());
}

}  // namespace
}  // namespace ostiary::http
