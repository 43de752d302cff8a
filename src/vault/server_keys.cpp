#include "vault/server_keys.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <stdexcept>

#include "crypto/digest.hpp"
#include "crypto/seal.hpp"
#include "storage/pages.hpp"
#include "vault/statements.hpp"

namespace ostiary::vault {
namespace {

using namespace std::chrono_literals;

constexpr Duration pause_between_lookups = 1s;
/// A key that signs sooner than that is not withdrawn any more: other servers must have read it before.
constexpr Duration notice_of_withdrawal = 1min;
constexpr std::size_t symmetric_key_size = 32;
constexpr std::string_view symmetric_algorithm = "256-bit";

struct PurposeName {
  KeyPurpose purpose;
  std::string_view name;
};
constexpr std::array purposes{
    PurposeName{KeyPurpose::token_signing, "token_signing"},
    PurposeName{KeyPurpose::refresh_chain, "refresh_chain"},
    PurposeName{KeyPurpose::codes, "codes"},
    PurposeName{KeyPurpose::devices, "devices"},
    PurposeName{KeyPurpose::service_sealing, "service_sealing"},
};

std::string_view name_of(KeyPurpose purpose) {
  return std::ranges::find(purposes, purpose, &PurposeName::purpose)->name;
}

/// A key as it lies in memory, for any purpose; `token` for token keys, `symmetric` for the others.
struct Key {
  KeyPurpose purpose;
  ServerKey symmetric;
  TokenKey token;
  KeyId id;
  Time not_before;
  std::optional<Time> retired_at;

  bool is_retired(Time now) const { return retired_at && *retired_at <= now; }
};
using Keys = std::vector<Key>;  // newest first

/// A key on its way into the database.
struct NewKey {
  KeyId id;
  KeyPurpose purpose;
  std::string algorithm;
  Bytes secret;
  std::optional<std::string> public_jwk;
};

std::string seal_context(std::string_view purpose, std::string_view algorithm, KeyId id) {
  return "server key " + std::string(purpose) + " " + std::string(algorithm) + " " + to_string(id);
}

std::string jwk_text(const crypto::JwsKey& key, KeyId id) {
  const crypto::PublicJwk jwk = key.public_jwk();
  boost::json::object object{{"kty", jwk.kty}};
  const std::pair<const char*, const std::string&> members[] = {
      {"crv", jwk.crv}, {"x", jwk.x}, {"y", jwk.y}, {"n", jwk.n}, {"e", jwk.e}};
  for (const auto& [name, value] : members) {
    if (!value.empty()) object[name] = value;
  }
  object["alg"] = std::string(crypto::name_of(key.algorithm()));
  object["use"] = "sig";
  object["kid"] = to_string(id);
  return boost::json::serialize(object);
}

NewKey make_key(KeyPurpose purpose, KeyId id, Random& random, crypto::JwsAlgorithm token_algorithm) {
  if (purpose != KeyPurpose::token_signing) {
    return {id, purpose, std::string(symmetric_algorithm), random.bytes(symmetric_key_size), std::nullopt};
  }
  const auto key = crypto::generate_key(token_algorithm);
  return {id, purpose, std::string(crypto::name_of(token_algorithm)), key->private_bytes(), jwk_text(*key, id)};
}

/// The key of a row; nothing for a purpose or an algorithm that a later version brought.
std::optional<Key> open_row(const statements::ServerKeyRow& row, const ServerKey& sealing_key) {
  const auto purpose = std::ranges::find(purposes, row.purpose, &PurposeName::name);
  if (purpose == purposes.end()) return std::nullopt;
  const auto algorithm = crypto::parse_algorithm(row.algorithm);
  const bool signs_tokens = purpose->purpose == KeyPurpose::token_signing;
  if (signs_tokens ? !algorithm : row.algorithm != symmetric_algorithm) return std::nullopt;
  const std::string what = "server key " + to_string(row.id) + " (" + row.purpose + ")";
  expect_master_key(sealing_key.id, row.wrapping_key_id, what);
  const auto secret = crypto::open(sealing_key.bytes, row.sealed, seal_context(row.purpose, row.algorithm, row.id));
  if (!secret) throw WrongMasterKey(what + " does not open under the master key: its row was changed");
  Key key{purpose->purpose, {}, {}, row.id, row.not_before, row.retired_at};
  if (signs_tokens) {
    key.token = {row.id, row.not_before, crypto::load_key(*algorithm, *secret)};
  } else {
    key.symmetric = {row.id, *secret};
  }
  return key;
}

/// All keys in the database; those in `known` are not opened again.
Keys read_keys(Transaction& tx, const ServerKey& sealing_key, const Keys& known) {
  Keys keys;
  const auto id_of = [](const statements::ServerKeyRow& row) { return std::tuple(row.id); };
  each_row(tx, statements::list_server_keys, KeyId{}, id_of, [&](const statements::ServerKeyRow& row) {
    const auto same = std::ranges::find(known, row.id, &Key::id);
    std::optional<Key> key = same != known.end() ? std::optional(*same) : open_row(row, sealing_key);
    if (!key) return;
    key->retired_at = row.retired_at;
    key->not_before = key->token.not_before = row.not_before;
    keys.push_back(*std::move(key));
  });
  std::ranges::sort(keys, std::ranges::greater{}, [](const Key& key) { return std::pair(key.not_before, key.id); });
  return keys;
}

/// The key for a purpose that comes into force last, in force or not.
const Key* last(const Keys& keys, KeyPurpose purpose, Time now) {
  const auto found =
      std::ranges::find_if(keys, [&](const Key& key) { return key.purpose == purpose && !key.is_retired(now); });
  return found == keys.end() ? nullptr : &*found;
}

/// The newest key for a purpose that is in force; while a clock set back says that none is yet, the last of all.
const Key* newest(const Keys& keys, KeyPurpose purpose, Time now) {
  const auto found = std::ranges::find_if(
      keys, [&](const Key& key) { return key.purpose == purpose && !key.is_retired(now) && key.not_before <= now; });
  return found == keys.end() ? last(keys, purpose, now) : &*found;
}

std::optional<ServerKey> symmetric_key(const Keys& keys, KeyId id) {
  const auto key = std::ranges::find(keys, id, &Key::id);
  if (key == keys.end() || key->token.key) return std::nullopt;
  return key->symmetric;
}

/// A key and from when on it is used.
template <class Which>
struct InForce {
  Which which;
  Time not_before;
};

/// What a start has to change among the keys: nothing, as a rule.
struct KeyChanges {
  std::vector<KeyId> withdrawn;               ///< published for later, and not wanted any more
  std::optional<InForce<KeyId>> restored = {};  ///< published all along, and to sign again
  std::vector<InForce<KeyPurpose>> missing;

  bool empty() const { return withdrawn.empty() && !restored && missing.empty(); }
};

/// So that tokens come to be signed by `algorithm`. A key of it that is published already signs as soon as it may; a
/// new one when it has been published for long enough, and at once where there was none. Keys of other algorithms that
/// were published for later are withdrawn: otherwise a changed setting that was changed back would come into force all
/// the same. Those that have signed stay, and verify what they signed; and none is withdrawn where by the clock, which
/// may have been set back, none is in force.
void change_signing(KeyChanges& changes, const Keys& keys, Time now, crypto::JwsAlgorithm algorithm) {
  const Key* signing = newest(keys, KeyPurpose::token_signing, now);
  const Key* chosen = nullptr;
  const Key* other = nullptr;  // the newest of another algorithm that signs, or is about to
  for (const Key& key : keys) {
    if (!key.token.key || key.is_retired(now)) continue;
    const bool is_chosen = key.token.key->algorithm() == algorithm;
    if (is_chosen && !chosen) chosen = &key;
    if (is_chosen) continue;
    if (signing->not_before <= now && key.not_before > now + notice_of_withdrawal) {
      changes.withdrawn.push_back(key.id);
    } else if (!other) {
      other = &key;
    }
  }
  if (!chosen) {
    changes.missing.push_back({KeyPurpose::token_signing, other ? now + published_before_signing : now});
  } else if (other && other->not_before > chosen->not_before) {
    changes.restored = {chosen->id, std::max<Time>(now, other->not_before + Time::duration(1))};
  }
}

KeyChanges changes_at_start(const Keys& keys, Time now, crypto::JwsAlgorithm token_algorithm, ServerKeys::Use use) {
  KeyChanges changes;
  for (const auto& [purpose, name] : purposes) {
    if (purpose == KeyPurpose::token_signing && use == ServerKeys::Use::signer) {
      change_signing(changes, keys, now, token_algorithm);
    } else if (!last(keys, purpose, now)) {
      changes.missing.push_back({purpose, now});
    }
  }
  return changes;
}

ServerKey sealing_key_of(const Secret& master_key) {
  return {id_of_master_key(master_key), crypto::derive_key(as_bytes(master_key.reveal()), "ostiary server keys v1")};
}

ServerKey wrapping_key_of(const Secret& master_key) {
  return {id_of_master_key(master_key), crypto::derive_key(as_bytes(master_key.reveal()), "ostiary data keys v1")};
}

void insert(Transaction& tx, const NewKey& key, Time now, Time not_before, const ServerKey& sealing_key,
            Random& random) {
  const std::string_view purpose = name_of(key.purpose);
  const Bytes sealed =
      crypto::seal(sealing_key.bytes, key.secret, seal_context(purpose, key.algorithm, key.id), random);
  tx.execute(statements::insert_server_key, key.id, purpose, key.algorithm, sealed, sealing_key.id, key.public_jwk, now,
             not_before);
}

}  // namespace

struct ServerKeys::State {
  Database& db;
  const Clock& clock;
  ServerKey sealing_key;
  std::shared_mutex mutex;  // held to copy or to swap, never while the database is asked
  std::shared_ptr<const Keys> keys = std::make_shared<const Keys>();
  std::optional<Time> last_lookup = std::nullopt;
  std::mutex reading{};  // held from a reading to its swap: an older one must not take the place of a newer one

  std::shared_ptr<const Keys> snapshot() {
    const std::shared_lock lock(mutex);
    return keys;
  }

  void replace(Keys fresh) {
    auto next = std::make_shared<const Keys>(std::move(fresh));
    const std::lock_guard lock(mutex);
    keys = std::move(next);
  }

  bool may_look_again() {
    const Time now = clock.now();
    const std::lock_guard lock(mutex);
    if (last_lookup && now >= *last_lookup && now - *last_lookup < pause_between_lookups) return false;
    last_lookup = now;
    return true;
  }

  /// A read of its own, on a reader's connection: callers may be inside a transaction.
  Keys read() {
    const auto known = snapshot();
    return *db.read([&](Transaction& tx) -> Result<Keys> { return read_keys(tx, sealing_key, *known); });
  }

  void read_again() {
    const std::lock_guard lock(reading);
    replace(read());
  }

  /// What `select` finds among the keys, looked for in the database too when they don't have it.
  template <class Select>
  auto find(Select select) {
    auto found = select(*snapshot());
    if (found || !may_look_again()) return found;
    read_again();
    return select(*snapshot());
  }
};

ServerKeys::ServerKeys(Database& db, const Clock& clock, const IdSource& ids, Random& random, Secret master_key,
                       crypto::JwsAlgorithm token_algorithm, Use use)
    : state_(new State{db, clock, sealing_key_of(master_key), {}}), wrapping_key_(wrapping_key_of(master_key)) {
  const Time now = clock.now();
  state_->read_again();
  // An RSA key takes long to find, and no transaction waits for it: made before, and kept for the closure's next run.
  std::map<KeyPurpose, NewKey> made;
  const auto make = [&](KeyPurpose purpose) -> const NewKey& {
    const auto known = made.find(purpose);
    if (known != made.end()) return known->second;
    return made.emplace(purpose, make_key(purpose, ids.make<KeyId>(), random, token_algorithm)).first->second;
  };
  const auto expected = changes_at_start(*state_->snapshot(), now, token_algorithm, use);
  if (expected.empty()) return;
  for (const auto& missing : expected.missing) make(missing.which);
  state_->replace(*db.transaction([&](Transaction& tx) -> Result<Keys> {
    const Keys present = read_keys(tx, state_->sealing_key, {});
    const auto changes = changes_at_start(present, now, token_algorithm, use);
    for (const KeyId id : changes.withdrawn) tx.execute(statements::retire_server_key, id, now);
    if (const auto& key = changes.restored) {
      tx.execute(statements::put_server_key_in_force, key->which, key->not_before);
    }
    for (const auto& missing : changes.missing) {
      insert(tx, make(missing.which), now, missing.not_before, state_->sealing_key, random);
    }
    return read_keys(tx, state_->sealing_key, present);
  }));
}

void ServerKeys::read_again() { state_->read_again(); }

ServerKey ServerKeys::current(KeyPurpose purpose) const {
  const auto keys = state_->snapshot();
  const Key* key = newest(*keys, purpose, state_->clock.now());
  if (!key || key->token.key) throw std::logic_error("no symmetric key for " + std::string(name_of(purpose)));
  return key->symmetric;
}

std::optional<ServerKey> ServerKeys::find(KeyId id) const {
  return state_->find([id](const Keys& keys) { return symmetric_key(keys, id); });
}

std::optional<ServerKey> ServerKeys::find_known(KeyId id) const { return symmetric_key(*state_->snapshot(), id); }

TokenKey ServerKeys::signing_key() const {
  const auto keys = state_->snapshot();
  const Key* key = newest(*keys, KeyPurpose::token_signing, state_->clock.now());
  if (!key) throw std::logic_error("no key signs tokens");
  return key->token;
}

std::shared_ptr<const crypto::JwsKey> ServerKeys::verifying_key(std::string_view kid) const {
  const auto id = parse_id<KeyId>(kid);
  if (!id) return nullptr;
  const auto key = state_->find([&](const Keys& keys) -> std::optional<Key> {
    const auto found = std::ranges::find(keys, *id, &Key::id);
    return found == keys.end() ? std::nullopt : std::optional(*found);
  });
  return key && !key->is_retired(state_->clock.now()) ? key->token.key : nullptr;
}

std::vector<TokenKey> ServerKeys::published_keys() const {
  const auto keys = state_->snapshot();
  const Time now = state_->clock.now();
  std::vector<TokenKey> published;
  for (const Key& key : *keys) {
    if (key.token.key && !key.is_retired(now)) published.push_back(key.token);
  }
  return published;
}

bool holds_keys(Database& db) {
  return *db.read([](Transaction& tx) -> Result<bool> {
    return tx.optional(statements::list_server_keys, 1, KeyId{}).has_value();
  });
}

KeysFound look_at_keys(Database& db, const Clock& clock, const Secret& master_key) {
  const Keys keys =
      *db.read([&](Transaction& tx) -> Result<Keys> { return read_keys(tx, sealing_key_of(master_key), {}); });
  const Time now = clock.now();
  const Key* signing = newest(keys, KeyPurpose::token_signing, now);
  if (!signing) return {keys.size(), std::nullopt, std::nullopt};
  const Key* next = last(keys, KeyPurpose::token_signing, now);
  return {keys.size(), signing->token, next != signing ? std::optional(next->token) : std::nullopt};
}

KeyId id_of_master_key(const Secret& master_key) {
  const Bytes derived = crypto::derive_key(as_bytes(master_key.reveal()), "ostiary master key id v1");
  KeyId id;
  std::copy_n(derived.begin(), id.uuid.bytes.size(), id.uuid.bytes.begin());
  return id;
}

void expect_master_key(KeyId present, KeyId sealed_under, std::string_view what) {
  if (present == sealed_under) return;
  throw WrongMasterKey("the master key is not the one that sealed the " + std::string(what) + ": its id is " +
                       to_string(present) + ", that one's is " + to_string(sealed_under));
}

}  // namespace ostiary::vault
