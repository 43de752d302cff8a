#include "audit/row_hash.hpp"

#include "crypto/digest.hpp"

namespace ostiary::audit {
namespace {

class Encoding {
 public:
  void add(std::int64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift));
    }
  }
  void add(BytesView value) {
    add(static_cast<std::int64_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  void add(std::string_view text) { add(as_bytes(text)); }
  void add(const std::optional<Uuid>& id) {
    bytes_.push_back(id ? 1 : 0);
    if (id) add(BytesView(id->bytes));
  }
  void add(const std::optional<UserId>& id) { add(id ? std::optional(id->uuid) : std::nullopt); }

  Digest hash() const { return crypto::sha256(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace

Digest hash_of(const statements::EntryRow& row) {
  Encoding encoding;
  encoding.add(std::string_view("ostiary audit row"));
  encoding.add(row.version);
  encoding.add(BytesView(row.id.uuid.bytes));
  encoding.add(static_cast<std::int64_t>(row.occurred_at.time_since_epoch().count()));
  encoding.add(std::string_view(row.action));
  encoding.add(std::string_view(row.outcome));
  encoding.add(std::string_view(row.actor_kind));
  encoding.add(row.actor_id);
  encoding.add(row.user);
  encoding.add(row.key_owner);
  encoding.add(BytesView(row.details_hash));
  return encoding.hash();
}

}  // namespace ostiary::audit
