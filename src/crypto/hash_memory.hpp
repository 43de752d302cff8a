#pragma once

namespace ostiary::crypto {

/// While this object lives, libsodium's Argon2id reuses the memory of this thread's previous hash.
///
/// By default libsodium maps new memory for each hash and unmaps it afterwards. For 19 MiB this takes the kernel about
/// as long as the hash itself, and blocks other threads meanwhile.
class HashMemory {
 public:
  HashMemory();
  ~HashMemory();
  HashMemory(const HashMemory&) = delete;
  HashMemory& operator=(const HashMemory&) = delete;
};

/// Returns the memory of this thread's previous hash to the system. This also happens when the thread ends.
void release_hash_memory();

}  // namespace ostiary::crypto
