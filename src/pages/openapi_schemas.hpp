#pragma once

#include <set>
#include <string>

#include <boost/json/object.hpp>

#include "contract/comments.hpp"

namespace ostiary::pages {

/// The JSON schemas (draft 2020-12) of the contract's messages, for components/schemas in OpenAPI 3.1. A request's
/// schema says what may be sent; a reply's schema says what is always present.
class OpenApiSchemas {
 public:
  enum class Role { request, reply };

  /// `comments` must outlive it.
  explicit OpenApiSchemas(const contract::ContractComments& comments) : comments_(comments) {}

  /// Returns a reference to the message's schema and creates the schema and those that it needs. Do replies first: a
  /// message that is also a request gets a second schema with the suffix Input.
  boost::json::object reference(const google::protobuf::Descriptor& message, Role role);

  /// The schema of one field, its comment as the description.
  boost::json::object field(const google::protobuf::FieldDescriptor& field, Role role);

  /// An example of the message, from the examples of its fields. Nested messages are included up to `depth`, because a
  /// message may contain itself.
  static boost::json::object example(const google::protobuf::Descriptor& message, Role role, int depth = 3);

  const boost::json::object& all() const { return schemas_; }

 private:
  boost::json::object message(const google::protobuf::Descriptor& message, Role role);
  boost::json::object value(const google::protobuf::FieldDescriptor& field, Role role);

  const contract::ContractComments& comments_;
  boost::json::object schemas_;
  std::set<std::string> replies_;
};

}  // namespace ostiary::pages
