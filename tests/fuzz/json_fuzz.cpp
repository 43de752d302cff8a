// The JSON codec: what it accepts it writes so that it reads the same again; what it refuses it names in a text.
#include "base/text.hpp"
#include "contract/json.hpp"
#include "fuzz/invariant.hpp"
#include "scaffolding/written_contract.hpp"

namespace {

using namespace ostiary;
using ostiary::fuzz::must;

/// A message that has every kind of field there is.
ostiary::testing::WrittenContract& written_contract() {
  static ostiary::testing::WrittenContract written(R"(
    enum Mood { MOOD_UNSPECIFIED = 0; MOOD_FINE = 1; MOOD_BAD = 2; }
    message All {
      string text = 1; optional string maybe = 2; bytes blob = 3; bool truth = 4;
      int32 small = 5; uint32 natural = 6; int64 large = 7; uint64 larger = 8; double real = 9; float rough = 10;
      optional Mood mood = 11; google.protobuf.Timestamp time = 12; All inner = 13;
      repeated string texts = 14; repeated bytes blobs = 15; repeated bool truths = 16; repeated int32 smalls = 17;
      repeated uint32 naturals = 18; repeated int64 larges = 19; repeated uint64 largers = 20;
      repeated double reals = 21; repeated float roughs = 22; repeated Mood moods = 23;
      repeated google.protobuf.Timestamp times = 24; repeated All inners = 25;
      oneof either { string one = 26; int32 other = 27; }
    }
  )");
  return written;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = written_contract().make("All");
  const auto read = contract::read_json(ostiary::fuzz::text_of(data, size), *message);
  if (!read) {
    must(inspect(read.error().field).valid && inspect(read.error().detail).valid, "a refusal is a text");
    must(read.error().field.size() < 400, "a refusal names no more than a path of the contract and 64 bytes");
    return 0;
  }
  std::string written;
  contract::write_json(*message, written);
  // Escapes may make it longer than what a client may send.
  const contract::JsonLimits roomy{.depth = 17, .bytes = 64 * contract::JsonLimits{}.bytes};
  const auto again = written_contract().make("All");
  must(contract::read_json(written, *again, roomy).has_value(), "what was written is read");
  // Times are written with six digits, however many were read.
  std::string rewritten;
  contract::write_json(*again, rewritten);
  must(rewritten == written, "what was written is read the same");
  return 0;
}
