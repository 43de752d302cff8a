#include "crypto/hash_memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <thread>

#include "crypto/password_hash.hpp"

namespace ostiary::crypto {
namespace {

using namespace std::string_literals;

constexpr PasswordParameters eight_mib{.memory_kib = 8 * 1024, .passes = 1};
constexpr long pages = 8 * 1024 / 4;

long pages_fetched_by(const std::function<void()>& work) {
  const auto so_far = [] {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
  };
  const long before = so_far();
  work();
  return so_far() - before;
}

void hash(const PasswordParameters& parameters = eight_mib) {
  SystemRandom random;
  hash_password(Secret("correct horse"s), parameters, random);
}

TEST(HashMemory, IsFetchedForTheFirstHashAndKeptForTheNext) {
  std::thread([] {
    EXPECT_GE(pages_fetched_by([] { hash(); }), pages);
    EXPECT_LT(pages_fetched_by([] { hash(); }), pages / 10);
    EXPECT_LT(pages_fetched_by([] {
                verify_password(Secret("x"s), "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$"
                                              "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
              }),
              pages / 10);
    release_hash_memory();
    EXPECT_GE(pages_fetched_by([] { hash(); }), pages) << "the system has it again";
  }).join();
}

TEST(HashMemory, OfAnotherSizeReplacesWhatWasKept) {
  std::thread([] {
    hash({.memory_kib = 16 * 1024, .passes = 1});
    EXPECT_GE(pages_fetched_by([] { hash(); }), pages);
    EXPECT_LT(pages_fetched_by([] { hash(); }), pages / 10);
  }).join();
}

}  // namespace
}  // namespace ostiary::crypto
