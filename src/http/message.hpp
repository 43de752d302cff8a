#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostiary::server {

/// A whole HTTP request, as the transport read it. Header names are lower-case; a name that came twice stands twice.
struct HttpRequest {
  std::string verb;
  std::string target;  ///< path and query, as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string peer;  ///< the address of the socket's other end

  /// The first value under `name`, or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
  /// All values under `name`, in their order.
  std::vector<std::string_view> header_lines(std::string_view name) const;
};

/// A whole answer. The transport adds Date, Content-Length and Connection. The answer to HEAD holds the body that GET
/// would have: the transport tells its length and leaves it out.
struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  ///< shared, so that bytes kept ready are not copied; null for none
  /// Further headers as they are sent, each line with its end; null for none.
  std::shared_ptr<const std::string> ready_headers = nullptr;

  bool has_header(std::string_view name) const;
  /// Adds the header unless there is one of that name.
  void add_if_absent(std::string_view name, std::string_view value);
};

/// Adds "name: value" and the line's end to `lines`. A control character in the value becomes a space: nothing that we
/// were given ends a line early.
void append_header(std::string& lines, std::string_view name, std::string_view value);

/// The bytes that `text` spells with percent-encoding; nothing where a percent sign starts no pair of hexadecimal
/// digits. With `plus_is_space`, as in a query that a form made.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// `text` without spaces and tabs around it.
std::string_view trim_blanks(std::string_view text);

/// Whether both are the same but for ASCII letters' case.
bool equal_ignoring_case(std::string_view left, std::string_view right);

}  // namespace ostiary::server
