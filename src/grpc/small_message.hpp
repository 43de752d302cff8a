#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

namespace ostiary::grpc_transport {

/// Reads a message of health or reflection, compressed or not. False if it is malformed, or larger than 4 KiB.
bool read_small(grpc::ByteBuffer& bytes, google::protobuf::Message& message);

/// The end of a call whose message can't be read: INVALID_ARGUMENT.
grpc::Status unreadable();

grpc::ByteBuffer bytes_of(const google::protobuf::Message& message);

}  // namespace ostiary::grpc_transport
