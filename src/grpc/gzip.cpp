#include "grpc/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <vector>

namespace ostiary::grpc_transport {

namespace {

/// zlib's state for one stream.
class Inflation {
 public:
  Inflation() {
    constexpr int gzip_of_any_window = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, gzip_of_any_window) != Z_OK) throw std::bad_alloc();
  }
  ~Inflation() { inflateEnd(&stream_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  /// Adds to `output` what `input` unpacks to, and says how that went; `whole` at the stream's end.
  std::optional<Unpacked> take(const grpc::Slice& input, std::string& output, std::size_t most) {
    std::array<char, 4096> part{};
    stream_.next_in = const_cast<Bytef*>(input.begin());  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(part.data());
      stream_.avail_out = part.size();
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_BUF_ERROR) break;  // it wants more
      if (result != Z_OK && result != Z_STREAM_END) return Unpacked::broken;
      output.append(part.data(), part.size() - stream_.avail_out);
      if (output.size() > most) return Unpacked::too_large;
      if (result == Z_STREAM_END) return stream_.avail_in == 0 ? Unpacked::whole : Unpacked::broken;
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return std::nullopt;
  }

 private:
  z_stream stream_{};
};

std::vector<grpc::Slice> slices_of(const grpc::ByteBuffer& message) {
  std::vector<grpc::Slice> slices;
  static_cast<void>(message.Dump(&slices));
  return slices;
}

}  // namespace

bool is_gzip(const grpc::ByteBuffer& message) {
  std::string start;
  for (const auto& slice : slices_of(message)) {
    if (start.size() >= 2) break;
    start.append(reinterpret_cast<const char*>(slice.begin()), std::min<std::size_t>(slice.size(), 2));
  }
  return start.starts_with("\x1f\x8b");
}

Unpacked unpack(grpc::ByteBuffer& message, std::size_t most) {
  if (!is_gzip(message)) return message.Length() > most ? Unpacked::too_large : Unpacked::whole;
  Inflation inflation;
  std::string output;
  const auto slices = slices_of(message);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const auto state = inflation.take(slices[i], output, most);
    if (!state) continue;
    const bool is_last = i + 1 == slices.size();
    if (*state == Unpacked::whole && !is_last) return Unpacked::broken;
    if (*state != Unpacked::whole) return *state;
    const grpc::Slice unpacked(output);
    message = grpc::ByteBuffer(&unpacked, 1);
    return Unpacked::whole;
  }
  return Unpacked::broken;
}

}  // namespace ostiary::grpc_transport
