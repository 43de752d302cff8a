#include "http/inbox.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace ostiary::http {
namespace {

thread_local const Inbox* of_this_thread = nullptr;

int checked(int descriptor) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

}  // namespace

Inbox::Inbox() : bell_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))) {}

Inbox::~Inbox() { ::close(bell_); }

void Inbox::belongs_to_this_thread() const { of_this_thread = this; }

void Inbox::run(Work work) {
  if (of_this_thread == this) return work();
  if (put(std::move(work))) ring();
}

int Inbox::listen() const { return checked(fcntl(bell_, F_DUPFD_CLOEXEC, 0)); }

std::vector<Inbox::Work> Inbox::take_all() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

void Inbox::close() {
  std::vector<Work> dropped;  // goes after the lock
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(waiting_);
}

bool Inbox::put(Work work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  waiting_.push_back(std::move(work));
  return waiting_.size() == 1;
}

void Inbox::ring() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(bell_, &one, sizeof one);
}

}  // namespace ostiary::http
