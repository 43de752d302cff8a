#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ostiary/options.pb.h"

namespace ostiary::contract {

/// The rule of a field in the contract, or an empty rule.
inline const Rule& rule_of(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(ostiary::rule);
}

/// A rule that is not valid for its field, or a field that cannot be served. The message names the field.
class RuleError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The compiled field rules (options.proto) of message types. Thread-safe once filled.
class Rules {
 public:
  /// The maximum length of a text with a pattern: std::regex recurses once for each byte and could exhaust the stack.
  static constexpr std::uint32_t longest_matched = 256;

  /// Whether a message type may have a field of google.api.HttpBody. Messages inside it may not.
  enum class RawFields { refused, allowed };

  /// Reads the rules of a message type and of all nested types. Throws RuleError for a rule that is not valid for its
  /// field, and for maps, groups, and messages of google.protobuf other than Timestamp.
  void add(const google::protobuf::Descriptor& type, RawFields raw_fields = RawFields::refused);

  /// Refuses what breaks a rule, naming the field, as in "user.emails[2]": missing_field for what is required, else
  /// invalid_field; unknown_field for bytes on the wire that are no field of the contract. An absent field is only
  /// measured by `required`; so is an empty text without presence. An empty text that is there passes as URL, locale,
  /// time zone and base64url (it clears), and as nothing else. Of several identifiers a message has one at most:
  /// otherwise the limits would count one account, and the call be about another. Throws std::logic_error for a type
  /// never added.
  Result<void> check(const google::protobuf::Message& message) const;

 private:
  struct FieldRule {
    const google::protobuf::FieldDescriptor* field;
    Rule rule;
    std::unique_ptr<const std::regex> pattern;
  };

  Result<void> check_at(const std::string& path, const google::protobuf::Message& message) const;
  Result<void> check_field(const std::string& path, const google::protobuf::Message& message,
                           const FieldRule& rule) const;
  Result<void> check_member(const std::string& name, const google::protobuf::Message& message, const FieldRule& rule,
                            int index) const;

  std::map<const google::protobuf::Descriptor*, std::vector<FieldRule>> types_;
};

/// Whether a text has a format. `format_expectation` describes the format in words.
bool has_format(std::string_view text, Format format);
std::string_view format_expectation(Format format);

}  // namespace ostiary::contract
