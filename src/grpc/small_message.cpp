#include "grpc/small_message.hpp"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "grpc/gzip.hpp"

namespace ostiary::grpc_transport {

bool read_small(grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  constexpr std::size_t most = 4096;
  return unpack(bytes, most) == Unpacked::whole &&
         grpc::SerializationTraits<google::protobuf::Message>::Deserialize(&bytes, &message).ok();
}

grpc::Status unreadable() { return {grpc::StatusCode::INVALID_ARGUMENT, "The message can't be read."}; }

grpc::ByteBuffer bytes_of(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

}  // namespace ostiary::grpc_transport
