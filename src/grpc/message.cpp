#include "grpc/message.hpp"

#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include "base/encoding.hpp"
#include "base/ip_address.hpp"
#include "contract/refusals.hpp"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace ostiary::grpc_transport {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

std::optional<Refused> difference_of_field(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const int items = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < items; ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto& inner = field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                              : reflection.GetMessage(message, &field);
      if (auto difference = difference_from_contract(inner)) {
        difference->field = field.name() + '.' + difference->field;
        return difference;
      }
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      const int number = field.is_repeated() ? reflection.GetRepeatedEnumValue(message, &field, i)
                                             : reflection.GetEnumValue(message, &field);
      if (!field.enum_type()->FindValueByNumber(number)) {
        return Refused{Refusal::invalid_field, "The number is none of the enum's.", field.name(), {}, {}};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::string address_of_peer(std::string_view peer) {
  const auto scheme_end = peer.find(':');
  const auto scheme = peer.substr(0, scheme_end);
  if (scheme == "ipv4" || scheme == "ipv6") {
    auto place = percent_decode(peer.substr(scheme_end + 1)).value_or("");
    place.erase(std::min(place.rfind(':'), place.size()));
    std::string_view host = place;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (const auto address = parse_address(host.substr(0, host.find('%')))) return to_string(*address);
  }
  return "127.0.0.1";
}

std::optional<Refused> difference_from_contract(const Message& message) {
  const auto& reflection = *message.GetReflection();
  const auto& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return Refused{Refusal::unknown_field,
                   message.GetDescriptor()->full_name() + " has no field of this number.",
                   std::to_string(unknown.field(0).number()),
                   {},
                   {}};
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (auto difference = difference_of_field(message, *field)) return difference;
  }
  return std::nullopt;
}

std::string status_message(const Refused& refused) {
  return refused.detail.empty() ? std::string(contract::status_of(refused.why).title) : refused.detail;
}

std::string status_details(const Refused& refused, std::string_view trace_id) {
  google::rpc::Status status;
  status.set_code(contract::status_of(refused.why).grpc);
  status.set_message(status_message(refused));

  google::rpc::ErrorInfo info;
  info.set_reason(std::string(name_of(refused.why)));
  info.set_domain("ostiary");
  auto& metadata = *info.mutable_metadata();
  for (const auto& [name, fact] : refused.facts) {
    const auto* const number = std::get_if<std::int64_t>(&fact);
    metadata[name] = number ? std::to_string(*number) : std::get<std::string>(fact);
  }
  metadata["trace_id"] = trace_id;
  if (!refused.field.empty()) metadata["field"] = refused.field;
  status.add_details()->PackFrom(info);

  if (!refused.field.empty()) {
    google::rpc::BadRequest bad_request;
    auto& violation = *bad_request.add_field_violations();
    violation.set_field(refused.field);
    violation.set_description(status_message(refused));
    status.add_details()->PackFrom(bad_request);
  }
  if (refused.retry_after) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(std::max<std::int64_t>(1, refused.retry_after->count()));
    status.add_details()->PackFrom(retry);
  }
  return status.SerializeAsString();
}

}  // namespace ostiary::grpc_transport
