#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostiary::http {

/// A complete HTTP request. Header names are in lower case; a repeated header is kept repeated.
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

/// A complete response. The transport adds Date, Content-Length and Connection. The response to HEAD has the body of
/// GET; the transport sends its length and omits it.
struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  ///< shared, so that cached bytes are not copied; null for none
  /// More headers in wire format, each line with its end. Null for none.
  std::shared_ptr<const std::string> encoded_headers = nullptr;

  bool has_header(std::string_view name) const;
  /// Adds the header unless one of that name exists.
  void add_if_absent(std::string_view name, std::string_view value);
};

/// Adds "name: value" and the line's end to `lines`. Control characters in the value become spaces, so that no value
/// can end a line early.
void append_header(std::string& lines, std::string_view name, std::string_view value);

}  // namespace ostiary::http
