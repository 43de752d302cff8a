#pragma once

namespace ostiary::crypto {

/// While it lives, libsodium's Argon2id works on this thread in the memory that the thread's last hash left behind.
///
/// By itself it maps new memory for each hash and unmaps it afterwards. Of 19 MiB, that costs the kernel about as much
/// time as the hash costs the processor, in stretches during which nobody else gets it.
class HashMemory {
 public:
  HashMemory();
  ~HashMemory();
  HashMemory(const HashMemory&) = delete;
  HashMemory& operator=(const HashMemory&) = delete;
};

/// Gives back to the system what this thread's last hash left behind. A thread that ends does so by itself.
void release_hash_memory();

}  // namespace ostiary::crypto
