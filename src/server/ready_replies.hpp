#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/secret.hpp"
#include "limits/limits.hpp"
#include "server/contract.hpp"

namespace ostiary::server {

/// A reply that is known before anybody works on it, in the form of each transport.
struct ReadyReply {
  std::shared_ptr<const std::string> json;
  std::shared_ptr<const Message> message;
  SessionId session;  ///< whose budget it is taken from
};

/// What is known for whoever holds this token; nothing where a worker has to look. Called on a transport's thread: it
/// touches no database and does not block.
using FindReadyReply = std::function<std::optional<ReadyReply>(const Secret& access_token, Time now)>;

/// The calls without parameters that a transport answers on its own thread, after the same rate limits as at the
/// dispatcher. Thread-safe. What it is given must outlive it.
class ReadyReplies {
 public:
  /// `find` by the calls' full names.
  ReadyReplies(const Contract& contract, const std::map<std::string, FindReadyReply>& find, limits::Limits& limits,
               const Clock& clock);

  /// The reply or why it is refused; nothing where the dispatcher has to be asked.
  std::optional<Result<ReadyReply>> answer(const Method& method, std::string_view address,
                                           const Secret& access_token) const;

 private:
  std::unordered_map<const Method*, FindReadyReply> find_;
  limits::Limits& limits_;
  const Clock& clock_;
};

}  // namespace ostiary::server
