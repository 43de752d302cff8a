#include "sessions/list_sessions.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

namespace {

constexpr std::int32_t default_page_size = 50;

/// Where a page begins: behind this row.
struct Position {
  Time created_at;
  SessionId id;
};

// Sorts after every row there can be: the year 9999.
const Position before_all{Time(std::chrono::seconds(253'402'300'799)), {}};

std::string to_page_token(const Position& position) {
  Bytes bytes(position.id.uuid.bytes.begin(), position.id.uuid.bytes.end());
  auto count = static_cast<std::uint64_t>(position.created_at.time_since_epoch().count());
  for (int i = 0; i < 8; ++i, count >>= 8) bytes.push_back(static_cast<std::uint8_t>(count));
  return to_base64url(bytes);
}

std::optional<Position> parse_page_token(std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != 24) return std::nullopt;
  Position position{};
  std::copy_n(bytes->begin(), 16, position.id.uuid.bytes.begin());
  std::uint64_t count = 0;
  for (std::size_t i = 24; i-- > 16;) count = count << 8 | (*bytes)[i];
  position.created_at = Time(Duration(static_cast<std::int64_t>(count)));
  if (position.created_at < Time{} || position.created_at > before_all.created_at) return std::nullopt;
  return position;
}

void add_session(v1::ListSessionsReply& reply, const statements::ListedSessionRow& row, SessionId current) {
  auto& session = *reply.add_sessions();
  session.set_session_id(to_string(row.id));
  session.set_current(row.id == current);
  session.set_device_name(row.device_name);
  session.set_address(row.address);
  if (row.place) session.set_place(*row.place);
  session.set_user_agent(row.user_agent);
  set_time(*session.mutable_created_at(), row.created_at);
  set_time(*session.mutable_last_refreshed_at(), row.last_refreshed_at);
  set_time(*session.mutable_expires_at(), row.expires_at);
}

}  // namespace

Result<v1::ListSessionsReply> list_sessions(Deps& deps, const Call& call, const v1::ListSessionsRequest& request) {
  const auto after = request.has_page_token() ? parse_page_token(request.page_token()) : before_all;
  if (!after) return refuse(Refusal::invalid_field, "This is not a next_page_token of an earlier page.", "page_token");
  const std::int64_t size = request.has_page_size() ? request.page_size() : default_page_size;
  const Time now = deps.clock.now();
  return deps.db.read([&](Transaction& tx) -> Result<v1::ListSessionsReply> {
    // One more than the page tells whether there is a next one.
    const auto rows =
        tx.all(statements::list_live_sessions, call.person().user_id, now, after->created_at, after->id, size + 1);
    v1::ListSessionsReply reply;
    for (const auto& row : rows) {
      if (reply.sessions_size() == size) {
        const auto& last = rows[static_cast<std::size_t>(size) - 1];
        reply.set_next_page_token(to_page_token({last.created_at, last.id}));
        break;
      }
      add_session(reply, row, call.person().session_id);
    }
    return reply;
  });
}

}  // namespace ostiary::sessions
