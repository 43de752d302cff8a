#include "door/dispatcher.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/encoding.hpp"
#include "base/ip_address.hpp"
#include "contract/refusals.hpp"
#include "door/hash_room.hpp"

namespace ostiary::door {
namespace {

using google::protobuf::FieldDescriptor;

/// One call on its way through the door.
struct Passage {
  const contract::Method& method;
  Inbound inbound;
  std::unique_ptr<contract::Message> request;
  std::function<void(Reply)> done;
  Call call;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  limits::Buckets from_address = {};
  limits::Buckets from_account = {};  ///< of the caller, and of the account that is named
  bool has_caller_paid = false;  ///< from a budget of their own, at the door
  std::unique_ptr<HashRoom::Place> place = nullptr;
};

/// Nothing, where the door stays open.
using Objection = std::optional<Refused>;

Refused refused(Refusal why, std::string detail) { return {why, std::move(detail), {}, std::nullopt, {}}; }

Refused refused_for(Refusal why, std::chrono::seconds retry_after, std::string detail) {
  return {why, std::move(detail), {}, retry_after, {}};
}

Refused too_many(Duration wait) {
  return refused_for(Refusal::rate_limited, std::chrono::ceil<std::chrono::seconds>(wait), "Too many calls.");
}

/// The first field that names the account and holds something.
std::optional<std::string> identifier_of(const contract::Method& method, const contract::Message& request) {
  for (const FieldDescriptor* field : method.identifiers) {
    std::string text = request.GetReflection()->GetString(request, field);
    if (!text.empty()) return text;
  }
  return std::nullopt;
}

bool counts_identifiers(const limits::ClassRates& rates) {
  return !rates.per_identifier.empty() || !rates.per_pair.empty();
}

contract::RefusalCost cost_of(const Reply& reply) {
  return reply ? contract::RefusalCost::nothing : contract::status_of(reply.error().why).cost;
}

/// What nobody wants to read once a second: the questions of load balancers and scrapers.
bool is_quiet(const contract::Method& method) { return method.descriptor->service()->name() == "SystemService"; }

}  // namespace

struct Dispatcher::Impl : DispatcherParts, std::enable_shared_from_this<Dispatcher::Impl> {
  explicit Impl(DispatcherParts parts) : DispatcherParts(std::move(parts)) {}

  std::set<const contract::Method*> at_once = {};
  HashRoom hash_room{threads.hash_workers.threads(), options.hash_places_per_network};
  std::atomic<unsigned> sent_away = 0;

  void require_checks() const;
  void mark_at_once();
  void enter(const std::shared_ptr<Passage>& passage);
  void serve(Passage& passage);
  void finish(Passage& passage, Reply reply);

  Objection admit(Passage& passage);
  limits::Buckets of_remembered_caller(const Passage& passage) const;
  limits::Buckets of_proven_caller(RateClass rate, const Call& call) const;
  static void find_device(Passage& passage, const CallerChecks::FindDevice& find);
  Objection make_room(Passage& passage);
  Reply pass(Passage& passage);
  Objection prove_caller(Passage& passage) const;
  Objection judge_caller(const Passage& passage, Time now) const;
  Objection judge_freshness(const Person& person, Time now) const;
  Objection count(Passage& passage);
  void give_back(limits::Buckets& taken);
  void record(const Passage& passage, const Refused& why);
  void write_line(const Passage& passage, const Reply& reply, std::chrono::nanoseconds took) const;
  Refused busy(std::string detail);

  /// Runs what belongs to a call. Nothing that is thrown gets past here.
  template <class Step>
  Reply guard(const Passage& passage, const Step& step) const;
};

/// Every kind of caller that the contract asks for can be proven.
void Dispatcher::Impl::require_checks() const {
  for (const contract::Method& method : contract.methods()) {
    const auto require = [&method](bool there, const char* what) {
      if (!there) throw contract::ContractError(method.full_name + ": nothing here can prove " + what);
    };
    switch (method.policy.caller()) {
      case USER: require(checks.user != nullptr, "a user"); break;
      case HALF_AUTHENTICATED: require(checks.half_authenticated != nullptr, "half a login"); break;
      case PERMISSION: require(checks.user && checks.has_permission, "a user's permission"); break;
      case SERVICE: require(checks.service && checks.has_permission, "a service's permission"); break;
      default: break;
    }
    if (!method.identifiers.empty() && counts_identifiers(limits.rates(method.policy.rate()))) {
      require(checks.identity != nullptr, "whom an identifier names");
    }
    if (method.policy.caller() == USER && method.policy.rate() == SIGN_IN) {
      require(checks.identity_of_user != nullptr, "whom a fresh login is charged to");
    }
  }
}

void Dispatcher::Impl::mark_at_once() {
  for (const std::string& name : options.at_once) {
    const auto found = std::ranges::find(contract.methods(), name, &contract::Method::full_name);
    if (found == contract.methods().end())
      throw contract::ContractError(name + ": there is no such call to run at once");
    const bool asks = counts_identifiers(limits.rates(found->policy.rate())) && !found->identifiers.empty();
    if (found->policy.caller() != ANYONE || found->policy.hashes_password() || asks) {
      throw contract::ContractError(name + ": its policy asks the storage, so it can't run at once");
    }
    at_once.insert(&*found);
  }
}

template <class Step>
Reply Dispatcher::Impl::guard(const Passage& passage, const Step& step) const {
  const auto report = [&](std::string_view event, std::string_view what) {
    log.write(LogLevel::error, event,
              {{"method", passage.method.full_name}, {"trace_id", passage.call.trace_id}, {"what", what}});
  };
  try {
    return step();
  } catch (const StorageError& error) {
    report("call.unavailable", error.what());
    return refuse_for(Refusal::unavailable, std::chrono::seconds(1), "The storage can't be reached.");
  } catch (const std::exception& error) {
    report("call.failed", error.what());
  } catch (...) {
    report("call.failed", "something that is no exception");
  }
  return refuse(Refusal::internal, "See the server's log for this trace_id.");
}

/// On the transport's thread: no database, nothing that blocks.
void Dispatcher::Impl::enter(const std::shared_ptr<Passage>& passage) {
  auto objection = guard(*passage, [&]() -> Reply {
    if (auto objection = admit(*passage)) return std::unexpected(*std::move(objection));
    return nullptr;
  });
  if (!objection) return finish(*passage, std::move(objection));
  if (at_once.contains(&passage->method)) return serve(*passage);
  // The work keeps what it needs alive: it may run while the dispatcher is being taken down.
  Workers& workers = passage->place ? threads.hash_workers : threads.workers;
  const bool queued = workers.post([self = shared_from_this(), passage] { self->serve(*passage); });
  if (!queued) finish(*passage, std::unexpected(busy("Too many calls at once.")));
}

Objection Dispatcher::Impl::admit(Passage& passage) {
  const contract::Method& method = passage.method;
  const Time now = passage.call.received_at;
  auto buckets = of_remembered_caller(passage);
  passage.has_caller_paid = !buckets.empty();
  if (!passage.has_caller_paid) buckets = limits.of_address(method.policy.rate(), passage.inbound.address);
  if (const auto wait = limits.take(buckets, now)) return too_many(*wait);
  (passage.has_caller_paid ? passage.from_account : passage.from_address) = std::move(buckets);
  if (auto fits = contract.rules().check(*passage.request); !fits) return std::move(fits).error();
  find_device(passage, checks.remembered_device);
  return make_room(passage);
}

/// Whoever is known without a look into the database pays at the door, so that neither their calls need room in their
/// address's budget, nor those beyond their own budget cost a worker. Empty for all others.
limits::Buckets Dispatcher::Impl::of_remembered_caller(const Passage& passage) const {
  // Whose guesses those of a sign-in are depends on the device, for which the database is asked.
  if (passage.method.policy.rate() == SIGN_IN) return {};
  const auto kind = passage.method.policy.caller();
  const auto& token = passage.inbound.access_token;
  if ((kind != USER && kind != PERMISSION) || !token || !checks.remembered_user) return {};
  const auto person = checks.remembered_user(*token, passage.call.received_at);
  return person ? limits.of_caller(passage.method.policy.rate(), *person) : limits::Buckets{};
}

void Dispatcher::Impl::find_device(Passage& passage, const CallerChecks::FindDevice& find) {
  const auto& token = passage.inbound.device_token;
  if (token && find && !passage.call.device) passage.call.device = find(*token);
}

Objection Dispatcher::Impl::make_room(Passage& passage) {
  if (!passage.method.policy.hashes_password()) return std::nullopt;
  const bool has_logged_in = passage.call.device && passage.call.device->has_logged_in;
  passage.place = hash_room.enter(network_of(passage.inbound.address), has_logged_in);
  if (!passage.place) return busy("Too many sign-ins at once.");
  return std::nullopt;
}

/// On a worker, or at once.
void Dispatcher::Impl::serve(Passage& passage) {
  if (std::chrono::steady_clock::now() - passage.began > options.longest_wait) {
    return finish(passage, std::unexpected(busy("The call waited too long for its turn.")));
  }
  auto reply = guard(passage, [&] { return pass(passage); });
  finish(passage, std::move(reply));
}

Reply Dispatcher::Impl::pass(Passage& passage) {
  const Time now = clock.now();
  if (passage.inbound.deadline && now >= *passage.inbound.deadline) {
    return refuse(Refusal::deadline_exceeded, "The caller's deadline passed while the call was waiting.");
  }
  if (passage.inbound.cancelled && passage.inbound.cancelled()) {
    return refuse(Refusal::cancelled, "The client cancelled the call while it was waiting.");
  }
  if (!at_once.contains(&passage.method)) find_device(passage, checks.device);
  if (auto objection = prove_caller(passage)) return std::unexpected(*std::move(objection));
  if (auto objection = judge_caller(passage, now)) {
    record(passage, *objection);
    return std::unexpected(*std::move(objection));
  }
  if (auto objection = count(passage)) return std::unexpected(*std::move(objection));
  auto reply = passage.method.use_case(passage.call, *passage.request);
  if (reply && !*reply) throw std::logic_error("the use case gave no reply");
  return reply;
}

Objection Dispatcher::Impl::prove_caller(Passage& passage) const {
  const auto kind = passage.method.policy.caller();
  if (kind == ANYONE) return std::nullopt;
  const auto& token = passage.inbound.access_token;
  if (!token || token->empty()) return refused(Refusal::not_authenticated, "The call needs an access token.");
  const auto let_in = [&passage](auto proven) -> Objection {
    if (!proven) return std::move(proven).error();
    passage.call.caller = *std::move(proven);
    return std::nullopt;
  };
  if (kind == SERVICE) return let_in(checks.service(*token, clock.now()));
  if (kind == HALF_AUTHENTICATED) return let_in(checks.half_authenticated(*token, clock.now()));
  return let_in(checks.user(*token, clock.now()));
}

Objection Dispatcher::Impl::judge_caller(const Passage& passage, Time now) const {
  const Policy& policy = passage.method.policy;
  if ((policy.caller() == PERMISSION || policy.caller() == SERVICE) &&
      !checks.has_permission(passage.call.caller, policy.permission())) {
    return refused(Refusal::permission_denied, "The call needs the permission " + policy.permission() + ".");
  }
  if (policy.fresh_login()) return judge_freshness(passage.call.person(), now);
  return std::nullopt;
}

Objection Dispatcher::Impl::judge_freshness(const Person& person, Time now) const {
  const bool recent = now - person.auth_time <= options.fresh_login_within;
  if (recent && !(checks.lacks_second_factor && checks.lacks_second_factor(person))) return std::nullopt;
  const std::string within = std::to_string(options.fresh_login_within.count()) + " seconds";
  Refused stale = refused(Refusal::fresh_login_required, "The call needs a login within the last " + within +
                                                             ", with a second factor if the account has one: "
                                                             "reauthenticate.");
  if (checks.fresh_login_methods) stale.facts.emplace_back("methods", checks.fresh_login_methods(person));
  return stale;
}

/// A guess at what a signed-in user signs in with is charged as at a sign-in: a known device keeps its own budget (B3).
limits::Buckets Dispatcher::Impl::of_proven_caller(RateClass rate, const Call& call) const {
  const auto* const person = std::get_if<Person>(&call.caller);
  if (rate != SIGN_IN || !person) return limits.of_caller(rate, call.caller);
  auto buckets = limits.of_session(rate, person->session_id);
  const auto of_account =
      limits.of_account(rate, checks.identity_of_user(person->user_id, call.device), call.address, call.device);
  buckets.insert(buckets.end(), of_account.begin(), of_account.end());
  return buckets;
}

/// Takes what the call costs those who are known by now: the session or service, and the account that is named.
Objection Dispatcher::Impl::count(Passage& passage) {
  const auto rate = passage.method.policy.rate();
  const auto& call = passage.call;
  auto buckets = passage.has_caller_paid ? limits::Buckets{} : of_proven_caller(rate, call);
  const bool pays_alone = !buckets.empty();
  const auto identifier =
      counts_identifiers(limits.rates(rate)) ? identifier_of(passage.method, *passage.request) : std::nullopt;
  if (identifier) {
    const auto of_account =
        limits.of_account(rate, checks.identity(*identifier, call.device), call.address, call.device);
    buckets.insert(buckets.end(), of_account.begin(), of_account.end());
  }
  // Not earlier: the storage may have kept the call waiting, and the limits take an old time for a clock set back.
  if (const auto wait = limits.take(buckets, clock.now())) return too_many(*wait);
  // Not earlier: a call that is refused here has cost a worker, and somebody has to pay for it.
  if (pays_alone) give_back(passage.from_address);
  passage.from_account.insert(passage.from_account.end(), buckets.begin(), buckets.end());
  return std::nullopt;
}

void Dispatcher::Impl::give_back(limits::Buckets& taken) { limits.give_back(std::exchange(taken, {})); }

/// Writes to the audit log that a proven caller was turned away. Each row is paid from the caller's AUDITED budget, so
/// that nobody fills the log; refusals of strangers and of too many calls stand in the program's log only.
void Dispatcher::Impl::record(const Passage& passage, const Refused& why) {
  if (!audit) return;
  const Policy& policy = passage.method.policy;
  if (limits.take(limits.of_caller(AUDITED, passage.call.caller), clock.now())) return;
  const auto* const person = std::get_if<Person>(&passage.call.caller);
  audit(passage.call, {.action = policy.audit(),
                       .outcome = audit::Outcome::refused,
                       .user = person ? std::optional(person->user_id) : std::nullopt,
                       .reason = name_of(why.why)});
}

void Dispatcher::Impl::finish(Passage& passage, Reply reply) {
  passage.place.reset();
  const auto& rates = limits.rates(passage.method.policy.rate());
  const auto cost = cost_of(reply);
  if (rates.refund_unless_wrong && cost != contract::RefusalCost::guess) give_back(passage.from_account);
  if (rates.refund_address_unless_refused && cost == contract::RefusalCost::nothing) give_back(passage.from_address);
  const auto took = std::chrono::steady_clock::now() - passage.began;
  if (options.metrics) {
    const auto why = reply ? std::nullopt : std::optional(reply.error().why);
    options.metrics->answered(passage.method, why, took);
  }
  write_line(passage, reply, took);
  passage.done(std::move(reply));
}

void Dispatcher::Impl::write_line(const Passage& passage, const Reply& reply, std::chrono::nanoseconds took) const {
  log.write(is_quiet(passage.method) ? LogLevel::debug : LogLevel::info, "call",
            {{"method", passage.method.full_name},
             {"code", reply ? std::string_view("ok") : name_of(reply.error().why)},
             {"field", reply ? std::string_view() : std::string_view(reply.error().field)},
             {"microseconds", std::chrono::duration_cast<std::chrono::microseconds>(took).count()},
             {"address", passage.call.address},
             {"trace_id", passage.call.trace_id}});
}

/// One or two seconds in turn, so that those who were sent away don't all come back at once.
Refused Dispatcher::Impl::busy(std::string detail) {
  return refused_for(Refusal::overloaded, std::chrono::seconds(1 + sent_away.fetch_add(1) % 2), std::move(detail));
}

Dispatcher::Dispatcher(DispatcherParts parts)
    : contract_(parts.contract), impl_(std::make_shared<Impl>(std::move(parts))) {
  impl_->require_checks();
  impl_->mark_at_once();
}

void Dispatcher::dispatch(const contract::Method& method, Inbound inbound, std::unique_ptr<contract::Message> request,
                          std::function<void(Reply)> done) {
  Call call{impl_->clock.now(), method.full_name, inbound.address, inbound.user_agent,
            inbound.trace_id,   std::nullopt,     Nobody{}};
  const auto passage = std::make_shared<Passage>(
      Passage{method, std::move(inbound), std::move(request), std::move(done), std::move(call)});
  impl_->enter(passage);
}

}  // namespace ostiary::door
