#pragma once

#include <set>
#include <string>

#include <boost/json/object.hpp>

#include "contract/comments.hpp"

namespace ostiary::pages {

/// The JSON schemas (draft 2020-12) of the contract's messages, as OpenAPI 3.1 has them under components/schemas. A
/// request's schema says what may be sent; a reply's, what is always there.
class OpenApiSchemas {
 public:
  enum class Role { request, reply };

  /// `comments` must outlive it.
  explicit OpenApiSchemas(const contract::ContractComments& comments) : comments_(comments) {}

  /// A reference to the message's schema, which it makes with all it needs. Replies first: a message that is both gets
  /// a second schema, with Input behind its name, as a request.
  boost::json::object reference(const google::protobuf::Descriptor& message, Role role);

  /// The schema of one field, its comment as the description.
  boost::json::object field(const google::protobuf::FieldDescriptor& field, Role role);

  /// An example of the message, from the examples of its fields; messages within it to `depth`, for one may hold
  /// itself.
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
