#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace ostiary::http {

/// How far a request's head (its request line and fields, up to the empty line) has arrived.
enum class HeadProgress { incomplete, complete, bare_line_feed };

/// Looks for the end of the head in `bytes`, which hold its beginning. `scanned` says how much earlier calls have seen
/// (0 at first); on `complete` it is the head's length. A line that ends without a carriage return is found at once.
HeadProgress find_end_of_head(std::string_view bytes, std::size_t& scanned);

/// What is wrong with a whole head, as a sentence, where two readers could understand it differently (RFC 9112,
/// sections 2.2, 3.2, 5, 6 and 11.2): control characters, folded lines, spaces around a name, Content-Length or
/// Transfer-Encoding that is doubled, combined or oddly written, a Host that is missing, doubled or malformed. Judges
/// nothing else: a parser comes after it.
std::optional<std::string_view> flaw_of_head(std::string_view head);

}  // namespace ostiary::http
