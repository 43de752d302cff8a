#include "http/head.hpp"

#include <algorithm>

#include "base/character_set.hpp"
#include "base/text.hpp"

namespace ostiary::http {

namespace {

constexpr CharacterSet token_characters("!#$%&'*+-.^_`|~", true);
constexpr CharacterSet host_characters("-._~%!$&'()*+;=:[]", true);

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// What decides where the message ends and whom it is for.
struct Framing {
  int hosts = 0;
  int lengths = 0;
  int encodings = 0;
};

std::optional<std::string_view> flaw_of_field(std::string_view line, Framing& framing) {
  if (is_blank(line.front())) return "A header line is folded.";
  const auto colon = line.find(':');
  if (colon == line.npos) return "A header line has no colon.";
  const auto name = line.substr(0, colon);
  if (name.empty() || !token_characters.holds_all_of(name)) return "A header's name is malformed.";
  const auto value = trim_blanks(line.substr(colon + 1));
  if (equal_ignoring_case(name, "host")) {
    ++framing.hosts;
    if (!host_characters.holds_all_of(value)) return "The Host header is malformed.";
  } else if (equal_ignoring_case(name, "content-length")) {
    ++framing.lengths;
    const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    if (value.empty() || value.size() > 18 || !digits) return "The Content-Length header is malformed.";
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    ++framing.encodings;
    if (!equal_ignoring_case(value, "chunked")) return "The only Transfer-Encoding that is understood is chunked.";
  }
  return std::nullopt;
}

std::optional<std::string_view> flaw_of(const Framing& framing, bool version_1_0) {
  if (framing.hosts > 1) return "There is more than one Host header.";
  if (framing.hosts == 0 && !version_1_0) return "The Host header is missing.";
  if (framing.lengths > 1) return "There is more than one Content-Length header.";
  if (framing.encodings > 1) return "There is more than one Transfer-Encoding header.";
  if (framing.encodings == 1 && framing.lengths == 1) return "Content-Length and Transfer-Encoding exclude each other.";
  if (framing.encodings == 1 && version_1_0) return "HTTP/1.0 has no Transfer-Encoding.";
  return std::nullopt;
}

}  // namespace

HeadProgress find_end_of_head(std::string_view bytes, std::size_t& scanned) {
  while (true) {
    const auto line_feed = bytes.find('\n', scanned);
    if (line_feed == bytes.npos) {
      scanned = bytes.size();
      return HeadProgress::incomplete;
    }
    if (line_feed == 0 || bytes[line_feed - 1] != '\r') return HeadProgress::bare_line_feed;
    scanned = line_feed + 1;
    if (line_feed >= 3 && bytes[line_feed - 2] == '\n') return HeadProgress::complete;
  }
}

std::optional<std::string_view> flaw_of_head(std::string_view head) {
  Framing framing;
  bool version_1_0 = false;
  for (bool request_line = true;; request_line = false) {
    const auto end = head.find("\r\n");
    if (end == head.npos) return "The head of the request has no end.";
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (std::ranges::any_of(line, is_control)) return "A line of the head holds a control character.";
    if (request_line) {
      if (line.find('\t') != line.npos) return "The request line is malformed.";
      version_1_0 = line.ends_with(" HTTP/1.0");
      continue;
    }
    if (line.empty()) return flaw_of(framing, version_1_0);
    if (const auto flaw = flaw_of_field(line, framing)) return flaw;
  }
}

}  // namespace ostiary::http
