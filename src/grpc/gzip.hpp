#pragma once

#include <cstddef>
#include <optional>

#include <grpcpp/support/byte_buffer.h>

namespace ostiary::grpc_transport {

/// Whether a message is compressed: it begins as every gzip file does (RFC 1952), and as no protobuf message can, for
/// 0x1f would be a field of a wire type that does not exist.
bool is_gzip(const grpc::ByteBuffer& message);

/// What became of a message that had to be unpacked.
enum class Unpacked { whole, too_large, broken };

/// Unpacks a message that is compressed, and leaves any other alone. One that is larger than `most` bytes when unpacked
/// is given up there, so that a small message can't take much memory.
Unpacked unpack(grpc::ByteBuffer& message, std::size_t most);

}  // namespace ostiary::grpc_transport
