#include "adapters/invalidation_postgres.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <system_error>

#include "adapters/invalidation_statements.hpp"
#include "storage/postgres_connection.hpp"

namespace ostiary::adapters {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view channel_name = "ostiary_sessions";
constexpr std::string_view everybody = "everybody";  ///< a payload in place of a user's id
constexpr auto heartbeat_interval = 500ms;
constexpr auto longest_silence = 5s;  ///< without a heartbeat; then the connection is given up
constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 5000ms;

std::string random_name() {
  std::random_device random;
  return "ostiary_heartbeat_" + std::to_string(random()) + "_" + std::to_string(random());
}

}  // namespace

/// The connection that listens. Heartbeats have a channel of their own name, so that no other instance hears them; all
/// channels of a database share one queue, so what was announced before a heartbeat comes before it.
class PostgresInvalidation::Channel {
 public:
  /// Connects, and sends LISTEN; `receive` sees what came of it.
  explicit Channel(const PostgresOptions& options)
      : connection_(storage::connect_postgres(options)), heartbeat_name_(random_name()) {
    send("LISTEN " + std::string(channel_name) + "; LISTEN " + heartbeat_name_);
  }

  int socket() const { return PQsocket(connection_.get()); }

  /// Whether a command is on its way; before its end no other can be sent.
  bool is_sending() const { return is_sending_; }

  void send_heartbeat(SteadyTime now) {
    sent_at_[++heartbeats_ % sent_at_.size()] = now;
    send("SELECT pg_notify('" + heartbeat_name_ + "', '" + std::to_string(heartbeats_) + "')");
  }

  /// Takes in what the server has sent. Gives when the last heartbeat was sent that came back just now.
  template <class Forget>
  std::optional<SteadyTime> receive(const Forget& forget) {
    if (PQconsumeInput(connection_.get()) != 1) throw StorageError("the connection broke");
    while (is_sending_ && PQisBusy(connection_.get()) == 0) {
      const storage::PostgresResult result(PQgetResult(connection_.get()));
      if (!result) is_sending_ = false;
      else storage::check_result(connection_.get(), result.get());
    }
    std::optional<SteadyTime> heartbeat;
    using Notification = std::unique_ptr<PGnotify, decltype(&PQfreemem)>;
    while (const auto notification = Notification(PQnotifies(connection_.get()), &PQfreemem)) {
      if (notification->relname == channel_name) forget(std::string_view(notification->extra));
      else if (const auto sent = sent_at(notification->extra)) heartbeat = sent;
    }
    return heartbeat;
  }

 private:
  /// Does not wait for the answer: a server that has fallen silent must not keep the thread.
  void send(const std::string& sql) {
    if (PQsendQuery(connection_.get(), sql.c_str()) != 1) throw StorageError("a command can't be sent");
    is_sending_ = true;
  }

  std::optional<SteadyTime> sent_at(std::string_view payload) const {
    std::uint64_t number = 0;
    std::from_chars(payload.data(), payload.data() + payload.size(), number);
    if (number == 0 || number > heartbeats_ || heartbeats_ - number >= sent_at_.size()) return std::nullopt;
    return sent_at_[number % sent_at_.size()];
  }

  storage::PostgresHandle connection_;
  const std::string heartbeat_name_;
  std::uint64_t heartbeats_ = 0;
  std::array<SteadyTime, 16> sent_at_{};
  bool is_sending_ = false;
};

PostgresInvalidation::PostgresInvalidation(const PostgresOptions& options, Engine engine, Log& log, Part part,
                                           std::chrono::milliseconds lease)
    : options_(options), engine_(engine), lease_(lease), log_(log), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  if (engine_ != Engine::postgres || part == Part::only_tells) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

PostgresInvalidation::~PostgresInvalidation() {
  if (thread_.joinable()) {
    thread_.request_stop();
    eventfd_write(wake_, 1);
    thread_.join();
  }
  close(wake_);
}

void PostgresInvalidation::publish(Transaction& tx, UserId user) {
  if (engine_ == Engine::postgres) tx.one(statements::notify, std::string(channel_name), to_string(user));
  tx.after_commit([this, user] { listener_.forget_user(user); });
}

void PostgresInvalidation::publish_all(Transaction& tx) {
  if (engine_ == Engine::postgres) tx.one(statements::notify, std::string(channel_name), std::string(everybody));
  tx.after_commit([this] { listener_.forget_all(); });
}

bool PostgresInvalidation::in_force() const {
  return std::chrono::steady_clock::now() < in_force_until_.load(std::memory_order_acquire);
}

/// Waits; false when it is time to stop.
bool PostgresInvalidation::pause(const std::stop_token& stop, std::chrono::milliseconds length) const {
  pollfd woken{wake_, POLLIN, 0};
  poll(&woken, 1, static_cast<int>(length.count()));
  return !stop.stop_requested();
}

void PostgresInvalidation::serve(const std::stop_token& stop) {
  std::minstd_rand random(std::random_device{}());
  auto longest = std::chrono::milliseconds(first_pause);
  while (!stop.stop_requested()) {
    try {
      Channel channel(options_);
      longest = first_pause;
      follow(channel, stop);
    } catch (const StorageError& error) {
      log_.write(LogLevel::warning, "invalidation.lost", {{"reason", error.what()}});
    }
    in_force_until_.store(SteadyTime::min(), std::memory_order_release);
    std::uniform_int_distribution<std::int64_t> pauses(longest.count() / 2, longest.count());
    if (!pause(stop, std::chrono::milliseconds(pauses(random)))) return;
    longest = std::min(longest * 2, std::chrono::milliseconds(longest_pause));
  }
}

void PostgresInvalidation::follow(Channel& channel, const std::stop_token& stop) {
  const auto forget = [this](std::string_view payload) {
    // Whatever is no user's id stands for everybody: what can't be read must not be passed over.
    if (const auto user = parse_id<UserId>(payload)) listener_.forget_user(*user);
    else listener_.forget_all();
  };
  SteadyTime next_heartbeat = std::chrono::steady_clock::now();
  SteadyTime last_proof = next_heartbeat;
  bool listens = false;
  while (!stop.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_proof > longest_silence) throw StorageError("no heartbeat came back");
    if (now >= next_heartbeat && !channel.is_sending()) {
      channel.send_heartbeat(now);
      next_heartbeat = now + heartbeat_interval;
    }
    std::array<pollfd, 2> events{{{channel.socket(), POLLIN, 0}, {wake_, POLLIN, 0}}};
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
        channel.is_sending() ? SteadyTime::duration(heartbeat_interval) : next_heartbeat - now);
    poll(events.data(), events.size(), static_cast<int>(wait.count()));
    if (events[0].revents == 0) continue;
    if (const auto sent = channel.receive(forget)) {
      if (!listens) {
        // From here on nothing is missed; what came before the LISTEN may have been.
        listens = true;
        listener_.forget_all();
        log_.write(LogLevel::info, "invalidation.listening", {});
      }
      last_proof = *sent;
      in_force_until_.store(*sent + lease_, std::memory_order_release);
    }
  }
}

}  // namespace ostiary::adapters
