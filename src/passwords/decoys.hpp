#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace ostiary::passwords {

/// An algorithm and cost (`crypto::cost_of`) that stored hashes have, and about how many accounts have such a hash.
struct CostInUse {
  std::string cost;
  std::int64_t accounts;
};

/// Accounts are divided into this many samples of about the same size.
constexpr std::int64_t samples = 4096;

/// The sample of an account, from 0: by the end of its id, which is random in every version of ids.
std::int64_t sample_of(UserId user);

/// The most accounts that are counted one by one. More would make a count slow.
constexpr std::int64_t most_counted = 10'000;

/// How many accounts there are, where `count(n)` counts those in the first `n` samples up to `most_counted`. Exact
/// below that; beyond it an estimate by fewer samples, within a few percent, up to 40 million. The samples are the same
/// each time, so the estimate changes only as accounts do.
std::int64_t estimate_accounts(const std::function<std::int64_t(std::int64_t)>& count);

/// The costs that a decoy may have: those in use, and today's, each with at least one account, in the order of their
/// texts. So a draw moves to another cost only as accounts do.
std::vector<CostInUse> decoy_costs(std::vector<CostInUse> in_use, std::string_view todays);

/// Which of `costs` belongs to `draw`, a keyed hash of what was asked for: each as often as accounts have it. `costs`
/// has at least one, each with at least one account.
std::size_t drawn(const std::vector<CostInUse>& costs, const Digest& draw);

/// The hashes against which a password is verified where there is no account. After a change of the hash parameters the
/// accounts that have not signed in since have hashes of the older cost: then an identifier without an account takes as
/// long as one of them, the same for the same identifier, in as many cases as there are such accounts. Thread-safe.
class Decoys {
 public:
  /// How long what was said of the costs in use holds.
  static constexpr std::chrono::minutes refresh_pause{1};

  /// Until `use` is called all decoys have `todays` cost. `random` must outlive it.
  Decoys(std::string todays, Random& random);

  void use(std::vector<CostInUse> in_use);

  /// Whether the costs in use are to be read again: true for one caller in each `refresh_pause`, who then calls `use`.
  bool is_refresh_due(Time now);

  std::string for_draw(const Digest& draw) const;
  const std::string& of_todays_cost() const { return todays_hash_; }

 private:
  const std::string todays_cost_;
  Random& random_;
  const std::string todays_hash_;
  mutable std::mutex mutex_;
  std::vector<CostInUse> costs_;
  std::vector<std::string> hashes_;  ///< one for each of `costs_`
  std::optional<Time> refreshed_at_;
};

}  // namespace ostiary::passwords
