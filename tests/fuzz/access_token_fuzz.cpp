// Access tokens: whatever comes as one, only what our key has signed is believed; what it has signed is still read with
// care; and a token has one spelling. "$kid" in the input stands for the id of our key.
#include "base/encoding.hpp"
#include "crypto/jws.hpp"
#include "every_engine/test_database.hpp"
#include "fuzz/invariant.hpp"
#include "sessions/tokens.hpp"

namespace {

using namespace ostiary;
using fuzz::must;

class StoppedClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::seconds(1'800'000'000)); }
};

struct Issuer {
  testing::TestDatabase database;
  StoppedClock clock;
  SystemRandom random;
  IdSource ids{clock, random, IdSource::Order::by_time};
  vault::ServerKeys keys{
      database, clock, ids, random, Secret(std::string("a master key")), crypto::JwsAlgorithm::eddsa};
  sessions::AccessTokens tokens{keys, ids, {"https://id.example.org", "https://id.example.org"}};
  std::string kid = to_string(keys.signing_key().id);
};

std::string with_kid(std::string_view text, const std::string& kid) {
  std::string filled(text);
  for (std::size_t at = 0; (at = filled.find("$kid", at)) != std::string::npos; at += kid.size()) {
    filled.replace(at, 4, kid);
  }
  return filled;
}

void check_spelling(std::string_view token) {
  const auto parts = crypto::parse_jws(token);
  if (!parts) return;
  const auto dot = parts->signing_input.find('.');
  must(to_base64url(as_bytes(parts->payload)) == parts->signing_input.substr(dot + 1), "a payload has one spelling");
  must(std::string(parts->signing_input) + '.' + to_base64url(parts->signature) == token, "a signature has one, too");
  must(token.size() <= 8192, "a token is bounded");
}

/// What our own key signed.
void check_signed(const Issuer& issuer, std::string_view header, std::string_view payload) {
  const std::string token = crypto::sign_jws(*issuer.keys.signing_key().key, header, payload);
  const auto claims = issuer.tokens.verify(token);
  if (!claims) {
    must(claims.error().why == Refusal::not_authenticated, "a token is refused in one way");
    return;
  }
  const auto parts = crypto::parse_jws(token);
  must(parts && parts->type == "at+jwt" && parts->key_id == issuer.kid && parts->algorithm == "EdDSA",
       "a token that is believed says what it is");
  const auto again = issuer.tokens.verify(issuer.tokens.issue(*claims));
  must(again.has_value(), "what a token says can be said again");
  must(again->user_id == claims->user_id && again->session_id == claims->session_id && again->roles == claims->roles &&
           again->amr == claims->amr && again->auth_time == claims->auth_time &&
           again->issued_at == claims->issued_at && again->expires_at == claims->expires_at,
       "and means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Issuer issuer;
  const std::string filled = with_kid(fuzz::text_of(data, size), issuer.kid);
  check_spelling(filled);
  must(!issuer.tokens.verify(filled).has_value(), "nobody guesses a signature");
  std::string_view rest = filled;
  const std::string_view header = fuzz::take_line(rest);
  check_spelling(std::string(header) + '.' + std::string(rest));
  check_signed(issuer, header, rest);
  return 0;
}
