// The field rules, over messages as gRPC brings them: what they accept JSON can say too, and JSON's reading of it
// passes them as well, so that neither transport is the weaker door. And the formats: what has one has one spelling.
#include <google/protobuf/util/message_differencer.h>

#include "base/encoding.hpp"
#include "base/id.hpp"
#include "base/text.hpp"
#include "contract/contract.hpp"
#include "contract/field_values.hpp"
#include "contract/json.hpp"
#include "contract/rules.hpp"
#include "fuzz/invariant.hpp"
#include "grpc/message.hpp"

namespace {

using namespace ostiary;
using namespace ostiary;
using fuzz::must;

struct Requests {
  contract::Rules rules;
  std::vector<const contract::Message*> prototypes;

  Requests() {
    google::protobuf::SetLogHandler(nullptr);
    for (const auto* service : contract::contract_services()) {
      for (int i = 0; i < service->method_count(); ++i) {
        const auto* type = service->method(i)->input_type();
        rules.add(*type);
        prototypes.push_back(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type));
      }
    }
  }
};

/// JSON has no word for an enum's nothing: who means it leaves the field out.
void drop_nothings(contract::Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->enum_type() && !field->is_repeated() && reflection->GetEnumValue(message, field) == 0) {
      reflection->ClearField(&message, field);
    }
  }
}

void check_message(const Requests& requests, const contract::Message& prototype, std::string_view bytes) {
  const std::unique_ptr<contract::Message> message(prototype.New());
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  if (const auto difference = grpc_transport::difference_from_contract(*message)) {
    must(difference->why == Refusal::unknown_field || difference->why == Refusal::invalid_field,
         "a difference is named");
    return;
  }
  const auto checked = requests.rules.check(*message);
  if (!checked) {
    must(!checked.error().field.empty(), "a refusal names the field");
    return;
  }
  drop_nothings(*message);
  std::string written;
  contract::write_json(*message, written);
  must(inspect(written).valid, "what passes the rules is a text");
  const std::unique_ptr<contract::Message> again(prototype.New());
  const auto read = contract::read_json(written, *again, {.depth = 16, .bytes = 1 << 20});
  must(read.has_value(), "what gRPC may say JSON may say");
  must(google::protobuf::util::MessageDifferencer::Equals(*message, *again), "and it means the same");
  must(requests.rules.check(*again).has_value(), "and it passes the same rules");
}

void check_formats(std::string_view text) {
  for (int number = Format_MIN; number <= Format_MAX; ++number) {
    const auto format = static_cast<Format>(number);
    if (!contract::has_format(text, format) || format == Format::FORMAT_UNSPECIFIED) continue;
    must(inspect(text).valid && !inspect(text).has_control && !inspect(text).has_nul, "a format is a plain text");
    must(!contract::format_expectation(format).empty(), "a format can be explained");
  }
  if (const auto uuid = parse_uuid(text)) must(parse_uuid(to_string(*uuid)) == uuid, "a UUID has a canonical form");
  if (const auto bytes = from_base64url(text)) must(to_base64url(*bytes) == text, "bytes have one spelling");
  if (const auto moment = contract::parse_rfc3339(text)) {
    must(moment->nanos >= 0 && moment->nanos < 1'000'000'000, "a time has less than a second beside its seconds");
    must(moment->seconds >= -62'135'596'800 && moment->seconds <= 253'402'300'799, "a time has four digits of a year");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Requests requests;
  if (size == 0) return 0;
  const std::string_view rest = fuzz::text_of(data, size).substr(1);
  check_message(requests, *requests.prototypes[data[0] % requests.prototypes.size()], rest);
  check_formats(rest);
  return 0;
}
