// A request's head: its end is found the same however it arrives, and a head without a flaw has one meaning, which
// Boost.Beast's parser shares.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "fuzz/invariant.hpp"
#include "http/head.hpp"

namespace {

using namespace ostiary;
using ostiary::fuzz::must;
namespace beast_http = boost::beast::http;

void check_meaning(std::string_view head) {
  beast_http::request_parser<beast_http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));
  boost::system::error_code error;
  const auto parsed = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error || parsed != head.size() || !parser.is_header_done()) return;
  const auto& request = parser.get();
  const auto lengths = request.count(beast_http::field::content_length),
             codings = request.count(beast_http::field::transfer_encoding);
  must(lengths + codings <= 1, "one thing at most says where the body ends");
  must(parser.chunked() == (codings == 1), "a body is in chunks if the head says so");
  must(parser.content_length().has_value() == (lengths == 1), "a body has a length if the head says so");
  must(request.count(beast_http::field::host) == 1 ||
           (request.version() == 10 && request.count(beast_http::field::host) == 0),
       "a request is for one host");
  must(request.version() == 10 || request.version() == 11, "the version is one that is understood");
  for (const auto& field : request) {
    must(field.name_string().find_first_of(" \t:\r\n") == std::string_view::npos, "a name is a token");
    must(field.value().find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "a value is one line");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = 1 + data[0] % 7;
  const std::string_view bytes = ostiary::fuzz::text_of(data, size).substr(1);
  std::size_t at_once = 0, in_steps = 0;
  const http::HeadProgress whole = http::find_end_of_head(bytes, at_once);
  http::HeadProgress slow = http::HeadProgress::incomplete;
  for (std::size_t arrived = 0; arrived < bytes.size() && slow == http::HeadProgress::incomplete;) {
    arrived = std::min(arrived + step, bytes.size());
    slow = http::find_end_of_head(bytes.substr(0, arrived), in_steps);
  }
  must(slow == whole, "how bytes arrive does not matter");
  must(whole == http::HeadProgress::bare_line_feed || at_once == in_steps, "nor does it for where the head ends");
  if (whole != http::HeadProgress::complete) return 0;
  const std::string_view head = bytes.substr(0, at_once);
  must(head.ends_with("\r\n\r\n"), "a head ends with an empty line");
  must(head.find("\r\n\r\n") + 4 == head.size(), "and with the first one");
  if (!http::flaw_of_head(head)) check_meaning(head);
  return 0;
}
