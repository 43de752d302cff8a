#pragma once

#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>

namespace ostiary::contract {

/// What the contract's files say in comments. The descriptors that are linked in have lost them; a descriptor set with
/// source info travels inside the program.
class ContractComments {
 public:
  ContractComments();

  /// The comment before a declaration, without comment marks: lines joined to paragraphs, an empty line between two of
  /// them. Empty where there is none, or its file is not in the set.
  std::string of(const google::protobuf::ServiceDescriptor& service) const;
  std::string of(const google::protobuf::MethodDescriptor& method) const;
  std::string of(const google::protobuf::Descriptor& message) const;
  std::string of(const google::protobuf::FieldDescriptor& field) const;
  std::string of(const google::protobuf::EnumDescriptor& type) const;
  std::string of(const google::protobuf::EnumValueDescriptor& value) const;

 private:
  google::protobuf::DescriptorPool pool_;
};

/// The first paragraph of a comment, and what comes after it.
struct Prose {
  std::string summary, rest;
};
Prose split_prose(const std::string& comment);

}  // namespace ostiary::contract
