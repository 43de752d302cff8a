#include "contract/contract.hpp"

#include <algorithm>
#include <map>

#include "contract/http_binding.hpp"
#include "ostiary/contract_files.hpp"

namespace ostiary::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

[[noreturn]] void fail(const std::string& call, const std::string& why) { throw ContractError(call + ": " + why); }

/// Dotted lower-case words, as in "session.refresh".
bool is_action(std::string_view text) {
  const bool letters = std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; });
  return letters && text.find('.') != std::string_view::npos && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos;
}

bool is_refusal(std::string_view name) {
  return std::ranges::any_of(refusal_names, [name](const RefusalName& known) { return known.name == name; });
}

constexpr std::uint32_t most_body_bytes = 64 * 1024 * 1024;

/// Why a call can't be guarded by such a policy; nothing when it can.
std::optional<std::string> unfit_policy(const Policy& policy) {
  const bool by_permission = policy.caller() == PERMISSION || policy.caller() == SERVICE;
  if (policy.caller() == CALLER_UNSPECIFIED) return "the policy names no caller";
  if (!CallerKind_IsValid(policy.caller())) return "the policy's caller is not known";
  if (policy.rate() == RATE_CLASS_UNSPECIFIED) return "the policy names no rate class";
  if (!RateClass_IsValid(policy.rate())) return "the policy's rate class is not known";
  if (policy.audit().empty()) return "the policy names no audit action";
  if (!is_action(policy.audit())) return "the audit action is not of the form noun.verb";
  if (by_permission && policy.permission().empty()) return "the policy names no permission";
  if (!by_permission && !policy.permission().empty()) return "the permission is asked of nobody";
  if (policy.fresh_login() && policy.caller() != USER && policy.caller() != PERMISSION) {
    return "a fresh login is asked of a caller that does not sign in";
  }
  if (policy.hashes_password() && policy.rate() == UNLIMITED) return "a call that hashes is not limited";
  if (policy.success_status() != 0 && (policy.success_status() < 200 || policy.success_status() > 299)) {
    return "the status of a success is not 2xx";
  }
  if (policy.max_body_bytes() > most_body_bytes) return "a body of more than 64 MiB is not served";
  for (const auto& name : policy.refusals()) {
    if (!is_refusal(name)) return "there is no refusal " + name;
  }
  for (const int cookie : policy.clears()) {
    if (cookie == COOKIE_UNSPECIFIED || !Cookie_IsValid(cookie)) return "the policy clears an unknown cookie";
  }
  return std::nullopt;
}

std::vector<const FieldDescriptor*> identifiers_of(const Descriptor& request) {
  std::vector<const FieldDescriptor*> identifiers;
  for (int i = 0; i < request.field_count(); ++i) {
    if (rule_of(*request.field(i)).identifier()) identifiers.push_back(request.field(i));
  }
  return identifiers;
}

/// The reply's field that says where the client is to go.
const FieldDescriptor* redirect_of(const MethodDescriptor& call) {
  const auto redirects = [](const Descriptor& message) {
    std::vector<const FieldDescriptor*> found;
    for (int i = 0; i < message.field_count(); ++i) {
      if (rule_of(*message.field(i)).redirect()) found.push_back(message.field(i));
    }
    return found;
  };
  if (!redirects(*call.input_type()).empty()) fail(call.full_name(), "a request is no redirect");
  const auto found = redirects(*call.output_type());
  if (found.size() > 1) fail(call.full_name(), "the reply redirects to two places");
  return found.empty() ? nullptr : found.front();
}

std::map<std::string, UseCase> functions_of(std::vector<Route> routes) {
  std::map<std::string, UseCase> functions;
  for (Route& route : routes) {
    if (!route.use_case) fail(route.method, "the route has no function");
    if (!functions.emplace(route.method, std::move(route.use_case)).second) fail(route.method, "has two functions");
  }
  return functions;
}

UseCase take_function(std::map<std::string, UseCase>& functions, const std::string& name) {
  const auto found = functions.find(name);
  if (found == functions.end()) fail(name, "has no function in routes.cpp");
  UseCase function = std::move(found->second);
  functions.erase(found);
  return function;
}

void refuse_ambiguous(const std::vector<Method>& methods) {
  std::vector<std::pair<const Method*, const HttpBinding*>> seen;
  for (const Method& method : methods) {
    for (const HttpBinding& binding : method.bindings) {
      for (const auto& [other, its] : seen) {
        if (ambiguous(binding, *its)) {
          fail(method.full_name,
               binding.verb + ' ' + binding.path + " could mean " + its->path + " of " + other->full_name + " as well");
        }
      }
      seen.emplace_back(&method, &binding);
    }
  }
}

}  // namespace

Contract::Contract(const std::vector<const ServiceDescriptor*>& services, std::vector<Route> routes)
    : services_(services) {
  auto functions = functions_of(std::move(routes));
  for (const ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) methods_.push_back(read(*service->method(i), functions));
  }
  if (!functions.empty()) fail(functions.begin()->first, "the route is of no call in the contract");
  refuse_ambiguous(methods_);
  for (const Method& method : methods_) by_grpc_path_[method.grpc_path] = &method;
}

Method Contract::read(const MethodDescriptor& call, std::map<std::string, UseCase>& functions) {
  const std::string& name = call.full_name();
  if (call.client_streaming() || call.server_streaming()) fail(name, "streaming is not served");
  if (!call.options().HasExtension(ostiary::policy)) fail(name, "has no policy");
  const Policy& policy = call.options().GetExtension(ostiary::policy);
  if (const auto why = unfit_policy(policy)) fail(name, *why);
  try {
    rules_.add(*call.input_type(), Rules::RawFields::allowed);
    rules_.add(*call.output_type(), Rules::RawFields::refused);
  } catch (const RuleError& error) {
    fail(name, error.what());
  }
  return Method{&call,
                name,
                '/' + call.service()->full_name() + '/' + call.name(),
                policy,
                http_bindings(call),
                take_function(functions, name),
                prototype(*call.input_type()),
                prototype(*call.output_type()),
                identifiers_of(*call.input_type()),
                policy.max_body_bytes() != 0 ? policy.max_body_bytes() : usual_body_bytes,
                redirect_of(call)};
}

const Message* Contract::prototype(const Descriptor& type) {
  const bool generated = type.file()->pool() == google::protobuf::DescriptorPool::generated_pool();
  return generated ? google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)
                   : run_time_types_.GetPrototype(&type);
}

std::uint32_t Contract::largest_body_bytes() const {
  std::uint32_t largest = 0;
  for (const Method& method : methods_) largest = std::max(largest, method.max_body_bytes);
  return largest;
}

bool is_raw(const Descriptor& type) { return type.full_name() == "google.api.HttpBody"; }

const Method* Contract::find_grpc(std::string_view grpc_path) const {
  const auto found = by_grpc_path_.find(grpc_path);
  return found == by_grpc_path_.end() ? nullptr : found->second;
}

std::vector<const ServiceDescriptor*> contract_services() {
  std::vector<const ServiceDescriptor*> services;
  for (const auto* file : contract_files()) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

}  // namespace ostiary::contract
