#include "vault/key_reader.hpp"

#include <utility>

namespace ostiary::vault {

KeyReader::KeyReader(ServerKeys& keys, std::function<void(const std::string& error)> on_failure,
                     std::chrono::milliseconds pause)
    : reading_(pause, [&keys, on_failure = std::move(on_failure)] {
        try {
          keys.read_again();
        } catch (const std::exception& error) {
          on_failure(error.what());
        }
      }) {}

}  // namespace ostiary::vault
