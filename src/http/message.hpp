#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostiary::http {

/// A whole HTTP request, as the transport read it. Header names are lower-case; a name that came twice stands twice.
struct Request {
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
struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  ///< shared, so that bytes kept ready are not copied; null for none
  /// Further headers as they are sent, each line with its end; null for none.
  std::shared_ptr<const std::string> encoded_headers = nullptr;

  bool has_header(std::string_view name) const;
  /// Adds the header unless there is one of that name.
  void add_if_absent(std::string_view name, std::string_view value);
};

/// Adds "name: value" and the line's end to `lines`. A control character in the value becomes a space: nothing that we
/// were given ends a line early.
void append_header(std::string& lines, std::string_view name, std::string_view value);

}  // namespace ostiary::http
