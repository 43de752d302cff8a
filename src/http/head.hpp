#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace ostiary::http {

/// How much of a request's head (request line and fields, up to the empty line) has arrived.
enum class HeadProgress { incomplete, complete, bare_line_feed };

/// Looks for the end of the head in `bytes`, which start with its beginning. `scanned` is what earlier calls checked
/// (first 0); on `complete` the head's length. A line end without CR is detected at once.
HeadProgress find_end_of_head(std::string_view bytes, std::size_t& scanned);

/// Describes, in a sentence, why a complete head is ambiguous, so that two parsers could read it differently (RFC 9112,
/// sections 2.2, 3.2, 5, 6 and 11.2): control characters, folded lines, spaces around a name, Content-Length or
/// Transfer-Encoding that is repeated, combined or malformed, a Host that is missing, repeated or malformed. Checks
/// nothing else; a parser follows.
std::optional<std::string_view> flaw_of_head(std::string_view head);

}  // namespace ostiary::http
