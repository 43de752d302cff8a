#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/call.hpp"
#include "base/result.hpp"
#include "contract/json.hpp"
#include "contract/rules.hpp"
#include "ostiary/options.pb.h"

namespace ostiary::contract {

using google::protobuf::Message;

/// A use case as a function on generic messages. The dispatcher calls it after the policy was checked. Throws only for
/// an outage or a bug.
using UseCase = std::function<Result<std::unique_ptr<Message>>(const Call& call, const Message& request)>;

/// One line of routes.cpp: the call's full name and its function.
struct Route {
  std::string method;  ///< "ostiary.v1.AuthService.Login"
  UseCase use_case;
};

/// A Route from a plain function on the contract's own messages: `Result<Reply> f(Deps&, const Call&, const Request&)`.
/// `deps` must outlive the route.
template <class Deps, class Reply, class Request>
Route route(std::string method, Deps& deps, Result<Reply> (*function)(Deps&, const Call&, const Request&)) {
  return {std::move(method),
          [&deps, function](const Call& call, const Message& request) -> Result<std::unique_ptr<Message>> {
            auto reply = function(deps, call, static_cast<const Request&>(request));
            if (!reply) return std::unexpected(std::move(reply).error());
            return std::make_unique<Reply>(std::move(*reply));
          }};
}

/// One way to reach a call over HTTP, from google.api.http.
struct HttpBinding {
  struct Segment {
    std::string text;  ///< a literal, or the name of the field for the segment
    bool is_field = false;
  };
  std::string verb;  ///< GET, POST, PUT, PATCH, DELETE
  std::string path;  ///< as written in the contract
  std::vector<Segment> segments;
  bool has_body = false;  ///< body: "*" or a raw field; other fields come from the path and the query
  /// The field that takes a body of any media type unchanged. Null if the body is the whole request.
  const google::protobuf::FieldDescriptor* raw_field = nullptr;
};

/// Whether messages of a type are google.api.HttpBody: bytes of any media type.
bool is_raw(const google::protobuf::Descriptor& type);

/// A call of the contract, ready to be served.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor;
  std::string full_name;  ///< "ostiary.v1.AuthService.Login"
  std::string grpc_path;  ///< "/ostiary.v1.AuthService/Login"
  Policy policy;
  std::vector<HttpBinding> bindings;
  UseCase use_case;
  const Message* request_prototype;
  const Message* reply_prototype;
  /// The request's fields that name the account the call is about, in their order.
  std::vector<const google::protobuf::FieldDescriptor*> identifiers;
  std::uint32_t max_body_bytes = usual_body_bytes;  ///< of an HTTP body and of a gRPC message
  const google::protobuf::FieldDescriptor* redirect = nullptr;  ///< the reply's field with a redirect
};

/// The contract can't be served as it is written: the message names the call and what is wrong with it.
class ContractError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// All calls, checked: every call of `services` has a policy with a caller, a rate class and an audit action, exactly
/// one function, routes that the gateway can serve (unary; `{field}` segments of text fields; body "*", a field of
/// google.api.HttpBody or none; no two ambiguous bindings), and rules that fit their fields. No function is left over.
/// Throws ContractError otherwise. The descriptors must outlive it.
class Contract {
 public:
  Contract(const std::vector<const google::protobuf::ServiceDescriptor*>& services, std::vector<Route> routes);

  Contract(const Contract&) = delete;
  Contract& operator=(const Contract&) = delete;

  const std::vector<Method>& methods() const { return methods_; }
  const Method* find_grpc(std::string_view grpc_path) const;
  const std::vector<const google::protobuf::ServiceDescriptor*>& services() const { return services_; }

  /// The largest body limit of all calls.
  std::uint32_t largest_body_bytes() const;

  /// The field rules of every request and reply.
  const Rules& rules() const { return rules_; }

 private:
  Method read(const google::protobuf::MethodDescriptor& call, std::map<std::string, UseCase>& functions);
  const Message* prototype(const google::protobuf::Descriptor& type);

  std::vector<const google::protobuf::ServiceDescriptor*> services_;
  google::protobuf::DynamicMessageFactory run_time_types_;  ///< for descriptors without a generated C++ class
  Rules rules_;
  std::vector<Method> methods_;
  std::unordered_map<std::string_view, const Method*> by_grpc_path_;
};

/// The services of the contract proper: those of every .proto under api/ostiary.
std::vector<const google::protobuf::ServiceDescriptor*> contract_services();

}  // namespace ostiary::contract
