#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "contract/contract.hpp"
#include "door/metrics.hpp"
#include "limits/limits.hpp"

namespace ostiary::door {

/// A reply that is known before anybody works on it, as each transport sends it.
struct RememberedReply {
  std::shared_ptr<const std::string> json;
  std::shared_ptr<const std::string> protobuf;
  SessionId session;  ///< whose budget it is taken from
};

/// What is known for whoever holds this token; nothing where a worker has to look. Called on a transport's thread: it
/// touches no database and does not block.
using FindRememberedReply = std::function<std::optional<RememberedReply>(const Secret& access_token, Time now)>;

/// The calls without parameters that a transport answers on its own thread. As at the dispatcher they are paid from the
/// session's budget; only where that is spent does the address pay for the call that is refused. Thread-safe. What it
/// is given must outlive it.
class RememberedReplies {
 public:
  /// `find` by the calls' full names. `metrics` are told of each answer, if there are any.
  RememberedReplies(const contract::Contract& contract, const std::map<std::string, FindRememberedReply>& find,
                    limits::Limits& limits, const Clock& clock, Metrics* metrics = nullptr);

  /// The reply or why it is refused; nothing where the dispatcher has to be asked.
  std::optional<Result<RememberedReply>> answer(const contract::Method& method, const Secret& access_token) const;

 private:
  using Answer = std::optional<Result<RememberedReply>>;
  Answer find(const contract::Method& method, const FindRememberedReply& find, const Secret& access_token) const;

  std::unordered_map<const contract::Method*, FindRememberedReply> find_;
  limits::Limits& limits_;
  const Clock& clock_;
  Metrics* const metrics_;
};

}  // namespace ostiary::door
