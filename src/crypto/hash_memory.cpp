#include "crypto/hash_memory.hpp"

#include <sys/mman.h>

#include <cstddef>

// The linker has libsodium, which is linked statically, call the first two where it means the others
// (cmake/rooms.cmake).
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
void* __wrap_mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset);
int __wrap_munmap(void* address, std::size_t size);
void* __real_mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset);
int __real_munmap(void* address, std::size_t size);
}
// NOLINTEND(bugprone-reserved-identifier)

namespace ostiary::crypto {
namespace {

/// Less is not worth keeping.
constexpr std::size_t least_kept = 1 << 20;

class Kept {
 public:
  ~Kept() { release(); }

  void release() {
    if (memory_ != nullptr) __real_munmap(memory_, size_);
    memory_ = nullptr;
  }

  /// What was kept, if it has the size, or new memory; MAP_FAILED when there is none.
  void* lend(std::size_t size, int protection, int flags) {
    if (memory_ != nullptr && size_ == size) return memory_;
    release();
    // Each page comes when it is touched: all at once they would hold the processor for milliseconds.
    void* fresh = __real_mmap(nullptr, size, protection, flags & ~MAP_POPULATE, -1, 0);
    if (fresh == MAP_FAILED) return fresh;
    madvise(fresh, size, MADV_DONTDUMP);
    memory_ = fresh;
    size_ = size;
    return fresh;
  }

  bool holds(const void* address) const { return memory_ != nullptr && address == memory_; }

  bool in_use = false;

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

thread_local Kept kept;

}  // namespace

HashMemory::HashMemory() { kept.in_use = true; }
HashMemory::~HashMemory() { kept.in_use = false; }

void release_hash_memory() { kept.release(); }

}  // namespace ostiary::crypto

void* __wrap_mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset) {
  using namespace ostiary::crypto;
  if (kept.in_use && size >= least_kept && (flags & MAP_ANONYMOUS) != 0) return kept.lend(size, protection, flags);
  return __real_mmap(address, size, protection, flags, file, offset);
}

int __wrap_munmap(void* address, std::size_t size) {
  if (ostiary::crypto::kept.holds(address)) return 0;
  return __real_munmap(address, size);
}
