#include "storage/value.hpp"

#include <algorithm>
#include <stdexcept>

namespace ostiary {

Digest Stored<Digest>::from(const RowView& row, int column) {
  const BytesView bytes = row.get_bytea(column);
  Digest digest;
  if (bytes.size() != digest.size()) throw std::logic_error("a stored digest has not 32 bytes");
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

}  // namespace ostiary
