#include "passwords/hasher.hpp"

#include <malloc.h>

#include <algorithm>
#include <future>
#include <limits>
#include <memory>
#include <mutex>

#include "base/encoding.hpp"
#include "base/scheduling.hpp"
#include "crypto/hash_memory.hpp"

namespace ostiary::passwords {
namespace {

/// After logins have come and gone: a hash's memory, and what malloc keeps of theirs.
void release_memory() {
  crypto::release_hash_memory();
  // One after the other: the C library makes its heap at the first call, without a lock, and where AddressSanitizer has
  // replaced that heap, this is the first call.
  static std::mutex trimming;
  const std::lock_guard lock(trimming);
  malloc_trim(0);
}

}  // namespace

Hasher::Hasher(const crypto::PasswordParameters& parameters, int threads, Random& random)
    : parameters_(parameters),
      random_(random),
      workers_(std::max(threads, 1), std::numeric_limits<std::size_t>::max(),
               {.on_start = step_behind_everything_else, .on_rest = release_memory}),
      decoys_(std::string(crypto::cost_of(hash(Secret(to_hex(random.bytes(16)))))), random) {}

std::string Hasher::hash(const Secret& password) {
  std::string result;
  run([&] { result = crypto::hash_password(password, parameters_, random_); });
  return result;
}

bool Hasher::verify(const Secret& password, std::string_view stored) {
  bool result = false;
  run([&] { result = crypto::verify_password(password, stored); });
  return result;
}

bool Hasher::verify_nobody(const Secret& password) {
  verify(password, decoys_.of_todays_cost());
  return false;
}

bool Hasher::verify_nobody(const Secret& password, const Digest& draw) {
  verify(password, decoys_.for_draw(draw));
  return false;
}

void Hasher::run(const std::function<void()>& work) {
  // Shared with the thread, which may still be inside the task when the caller has its answer.
  const auto task = std::make_shared<std::packaged_task<void()>>([this, &work] {
    const auto began = std::chrono::steady_clock::now();
    work();
    observer_(std::chrono::steady_clock::now() - began);
  });
  std::future<void> done = task->get_future();
  workers_.post([task] { (*task)(); });
  done.get();
}

}  // namespace ostiary::passwords
