#include "contract/comments.hpp"

#include <sstream>
#include <stdexcept>

#include <google/protobuf/descriptor.pb.h>

#include "embedded/contract.hpp"

namespace ostiary::contract {

namespace protobuf = google::protobuf;

namespace {

std::string paragraphs(const std::string& comment) {
  std::istringstream lines(comment);
  std::string text, line;
  bool new_paragraph = false;
  while (std::getline(lines, line)) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos) {
      new_paragraph = true;
      continue;
    }
    if (!text.empty()) text += new_paragraph ? "\n\n" : " ";
    text += line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
    new_paragraph = false;
  }
  return text;
}

template <class Found>
std::string comment_of(const Found* found) {
  protobuf::SourceLocation location;
  if (found == nullptr || !found->GetSourceLocation(&location)) return {};
  return paragraphs(location.leading_comments);
}

}  // namespace

ContractComments::ContractComments() {
  for (const embedded::File& file : embedded::contract()) {
    protobuf::FileDescriptorSet set;
    if (!set.ParseFromArray(file.content.data(), static_cast<int>(file.content.size()))) {
      throw std::runtime_error("the embedded contract can't be read");
    }
    for (const auto& one : set.file()) pool_.BuildFile(one);
  }
}

std::string ContractComments::of(const protobuf::ServiceDescriptor& service) const {
  return comment_of(pool_.FindServiceByName(service.full_name()));
}

std::string ContractComments::of(const protobuf::MethodDescriptor& method) const {
  return comment_of(pool_.FindMethodByName(method.full_name()));
}

std::string ContractComments::of(const protobuf::Descriptor& message) const {
  return comment_of(pool_.FindMessageTypeByName(message.full_name()));
}

std::string ContractComments::of(const protobuf::FieldDescriptor& field) const {
  return comment_of(pool_.FindFieldByName(field.full_name()));
}

std::string ContractComments::of(const protobuf::EnumDescriptor& type) const {
  return comment_of(pool_.FindEnumTypeByName(type.full_name()));
}

std::string ContractComments::of(const protobuf::EnumValueDescriptor& value) const {
  return comment_of(pool_.FindEnumValueByName(value.full_name()));
}

Prose split_prose(const std::string& comment) {
  const auto end = comment.find("\n\n");
  if (end == std::string::npos) return {comment, {}};
  return {comment.substr(0, end), comment.substr(end + 2)};
}

}  // namespace ostiary::contract
