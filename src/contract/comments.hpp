#pragma once

#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>

namespace ostiary::contract {

/// The comments in the contract's files. The linked descriptors do not contain them, so a descriptor set with source
/// info is embedded in the program.
class ContractComments {
 public:
  ContractComments();

  /// The comment before a declaration, without comment marks: lines are joined to paragraphs, separated by empty lines.
  /// Empty if there is no comment, or its file is not in the set.
  std::string of(const google::protobuf::ServiceDescriptor& service) const;
  std::string of(const google::protobuf::MethodDescriptor& method) const;
  std::string of(const google::protobuf::Descriptor& message) const;
  std::string of(const google::protobuf::FieldDescriptor& field) const;
  std::string of(const google::protobuf::EnumDescriptor& type) const;
  std::string of(const google::protobuf::EnumValueDescriptor& value) const;

 private:
  google::protobuf::DescriptorPool pool_;
};

/// The first paragraph of a comment, and the rest.
struct Prose {
  std::string summary, rest;
};
Prose split_prose(const std::string& comment);

}  // namespace ostiary::contract
