#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "grpc/reflection/v1/reflection.pb.h"

namespace ostiary::grpc_transport {

/// What gRPC's server reflection tells: the services by name, and the files that declare them. v1 and v1alpha, whose
/// messages are the same, are answered alike.
class Reflection {
 public:
  /// Tells of `services`, which must outlive it, and of health and reflection themselves.
  explicit Reflection(const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  /// A file comes with all that it imports. What is not there is an error_response in the answer.
  grpc::reflection::v1::ServerReflectionResponse answer(
      const grpc::reflection::v1::ServerReflectionRequest& request) const;

 private:
  const google::protobuf::FileDescriptor* find_file(const grpc::reflection::v1::ServerReflectionRequest& request) const;

  std::vector<const google::protobuf::DescriptorPool*> pools_;
  std::vector<std::string> names_;
};

}  // namespace ostiary::grpc_transport
