#include "grpc/reflection.hpp"

#include <algorithm>
#include <set>

#include <google/protobuf/descriptor.pb.h>

#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace ostiary::grpc_transport {

namespace v1 = grpc::reflection::v1;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using Request = v1::ServerReflectionRequest;

namespace {

constexpr int grpc_invalid_argument = 3, grpc_not_found = 5;

/// The file and all that it imports, each once.
void add_files(const FileDescriptor& file, std::set<const FileDescriptor*>& added, v1::FileDescriptorResponse& files) {
  if (!added.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  proto.SerializeToString(files.add_file_descriptor_proto());
  for (int i = 0; i < file.dependency_count(); ++i) add_files(*file.dependency(i), added, files);
}

const FileDescriptor* find_in(const DescriptorPool& pool, const Request& request) {
  switch (request.message_request_case()) {
    case Request::kFileByFilename: return pool.FindFileByName(request.file_by_filename());
    case Request::kFileContainingSymbol: return pool.FindFileContainingSymbol(request.file_containing_symbol());
    case Request::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* const type = pool.FindMessageTypeByName(wanted.containing_type());
      const auto* const found = type ? pool.FindExtensionByNumber(type, wanted.extension_number()) : nullptr;
      return found ? found->file() : nullptr;
    }
    default: return nullptr;
  }
}

}  // namespace

Reflection::Reflection(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  for (const auto* const service : services) {
    names_.push_back(service->full_name());
    const auto* const pool = service->file()->pool();
    if (std::ranges::find(pools_, pool) == pools_.end()) pools_.push_back(pool);
  }
  const auto* const own = DescriptorPool::generated_pool();
  if (std::ranges::find(pools_, own) == pools_.end()) pools_.push_back(own);
  for (const auto* const message : {grpc::health::v1::HealthCheckRequest::descriptor(), Request::descriptor(),
                                    grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()}) {
    names_.push_back(message->file()->service(0)->full_name());
  }
}

const FileDescriptor* Reflection::find_file(const Request& request) const {
  for (const auto* const pool : pools_) {
    if (const auto* const file = find_in(*pool, request)) return file;
  }
  return nullptr;
}

v1::ServerReflectionResponse Reflection::answer(const Request& request) const {
  v1::ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const auto fail = [&response](int code, const char* message) {
    response.mutable_error_response()->set_error_code(code);
    response.mutable_error_response()->set_error_message(message);
  };
  switch (request.message_request_case()) {
    case Request::kListServices:
      for (const auto& name : names_) response.mutable_list_services_response()->add_service()->set_name(name);
      return response;
    case Request::kAllExtensionNumbersOfType:
      for (const auto* const pool : pools_) {
        const auto* const type = pool->FindMessageTypeByName(request.all_extension_numbers_of_type());
        if (type == nullptr) continue;
        auto& numbers = *response.mutable_all_extension_numbers_response();
        numbers.set_base_type_name(type->full_name());
        std::vector<const google::protobuf::FieldDescriptor*> extensions;
        pool->FindAllExtensions(type, &extensions);
        for (const auto* const extension : extensions) numbers.add_extension_number(extension->number());
        return response;
      }
      fail(grpc_not_found, "There is no such type.");
      return response;
    case Request::MESSAGE_REQUEST_NOT_SET: fail(grpc_invalid_argument, "Nothing is asked for."); return response;
    default: break;
  }
  if (const auto* const file = find_file(request)) {
    std::set<const FileDescriptor*> added;
    add_files(*file, added, *response.mutable_file_descriptor_response());
  } else {
    fail(grpc_not_found, "There is no such file, symbol or extension.");
  }
  return response;
}

}  // namespace ostiary::grpc_transport
