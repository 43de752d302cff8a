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

/// A cached reply in each transport's format.
struct RememberedReply {
  std::shared_ptr<const std::string> json;
  std::shared_ptr<const std::string> protobuf;
  SessionId session;  ///< whose budget pays
};

/// The cached reply for this token. Empty if a worker has to look. Called on a transport's thread: it must not block or
/// use the database.
using FindRememberedReply = std::function<std::optional<RememberedReply>(const Secret& access_token, Time now)>;

/// The calls without parameters that a transport answers on its own thread from the cache. As in the dispatcher, the
/// session's budget pays. Only if it is spent, the call is refused and the address pays. Thread-safe. Its arguments
/// must outlive it.
class RememberedReplies {
 public:
  /// `find` has the calls' full names as keys. `metrics` counts each reply unless it is null.
  RememberedReplies(const contract::Contract& contract, const std::map<std::string, FindRememberedReply>& find,
                    limits::Limits& limits, const Clock& clock, Metrics* metrics = nullptr);

  /// The reply or a refusal. Empty if the dispatcher has to handle the call.
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
