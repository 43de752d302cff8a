#include "vault/key_reader.hpp"

namespace ostiary::vault {

KeyReader::KeyReader(ServerKeys& keys, std::function<void(const std::string& error)> on_failure,
                     std::chrono::milliseconds pause)
    : keys_(keys), on_failure_(std::move(on_failure)), pause_(pause), thread_([this] { run(); }) {}

KeyReader::~KeyReader() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void KeyReader::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, pause_, [this] { return stopping_; })) {
    lock.unlock();
    try {
      keys_.read_again();
    } catch (const std::exception& error) {
      on_failure_(error.what());
    }
    lock.lock();
  }
}

}  // namespace ostiary::vault
