#include "measure.hpp"

#include <pthread.h>
#include <sched.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <future>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "bare_refresh.hpp"
#include "crypto/hash_memory.hpp"
#include "grpc_load.hpp"
#include "order.hpp"

namespace ostiary::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view session_path = "/api/auth/session";
constexpr std::string_view check_session = "/ostiary.v1.AuthService/CheckSession";
constexpr std::size_t checking_clients = 32;
constexpr std::size_t signing_in = 32;
constexpr std::size_t flooding = 64;

unsigned processors() { return std::max(1u, std::thread::hardware_concurrency()); }

/// Runs both sides in turns, the first of a round last in the next.
void alternate(const Plan& plan, Row& row, const std::function<double()>& ours, const std::function<double()>& theirs) {
  std::cerr << "  " << row.name << ' ';
  for (int round = 0; round < plan.rounds; ++round) {
    std::cerr << '.' << std::flush;
    if (round % 2 == 0) row.ours.push_back(ours());
    row.theirs.push_back(theirs());
    if (round % 2 == 1) row.ours.push_back(ours());
  }
  std::cerr << '\n';
}

template <class Client, class... Args>
std::vector<std::unique_ptr<HttpClient>> clients(std::size_t count, Args&&... args) {
  std::vector<std::unique_ptr<HttpClient>> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_unique<Client>(args..., i, count));
  return all;
}

/// Signs in as one person after another; sent away, it waits as long as it is told to.
class LoginClient final : public HttpClient {
 public:
  LoginClient(const Seed& seed, std::size_t number, std::size_t of) : users_(order_of(seed.users(), number, of)) {}

  std::string_view request() override { return request_ = login_request(users_[next_++ % users_.size()]); }

  Span take(const HttpReply& reply) override {
    if (reply.status == 200) return {};
    const auto at = reply.head.find("Retry-After: ");
    if (reply.status != 503 || at == reply.head.npos) {
      throw std::runtime_error("a login was answered " + std::to_string(reply.status) + ": " + std::string(reply.body));
    }
    int seconds = 0;
    std::from_chars(reply.head.data() + at + 13, reply.head.data() + reply.head.size(), seconds);
    return std::chrono::seconds(seconds);
  }

 private:
  const std::vector<std::size_t> users_;
  std::size_t next_ = 0;
  std::string request_;
};

/// Refreshes one session after another, each with the token that the last refresh gave.
class RefreshClient final : public HttpClient {
 public:
  RefreshClient(const Seed& seed, std::size_t number, std::size_t of) {
    for (const auto user : order_of(seed.users(), number, of)) tokens_.push_back(seed.refresh_token(user));
  }

  std::string_view request() override {
    next_ = (next_ + 1) % tokens_.size();
    return request_ = post_request("/api/auth/refresh", R"({"refresh_token":")" + tokens_[next_] + R"("})");
  }

  Span take(const HttpReply& reply) override {
    const auto successor = json_text(reply.body, "refresh_token");
    if (reply.status != 200 || successor.empty()) {
      throw std::runtime_error("a refresh was answered " + std::to_string(reply.status) + ": " +
                               std::string(reply.body));
    }
    tokens_[next_] = successor;
    return {};
  }

 private:
  std::vector<std::string> tokens_;
  std::size_t next_ = 0;
  std::string request_;
};

/// Lends its clients to one run after another.
class Borrowed final : public HttpClient {
 public:
  explicit Borrowed(HttpClient& client) : client_(client) {}
  std::string_view request() override { return client_.request(); }
  Span take(const HttpReply& reply) override { return client_.take(reply); }

 private:
  HttpClient& client_;
};

std::vector<std::unique_ptr<HttpClient>> borrow(const std::vector<std::unique_ptr<HttpClient>>& all) {
  std::vector<std::unique_ptr<HttpClient>> borrowed;
  for (const auto& client : all) borrowed.push_back(std::make_unique<Borrowed>(*client));
  return borrowed;
}

/// Argon2id as the program is set up, and nothing else, on all processors: as libsodium does it, or in memory that each
/// thread keeps.
double hashes_per_second(Span duration, bool in_kept_memory) {
  std::atomic<std::size_t> count = 0;
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < processors(); ++i) {
      threads.emplace_back([&] {
        std::optional<crypto::HashMemory> kept;
        if (in_kept_memory) kept.emplace();
        std::array<unsigned char, 32> hash{};
        const std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{1, 2, 3};
        while (std::chrono::steady_clock::now() - begin < duration) {
          if (crypto_pwhash(hash.data(), hash.size(), password.data(), password.size(), salt.data(), 2, 19456 * 1024,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
            std::terminate();
          ++count;
        }
      });
    }
  }
  return static_cast<double>(count) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<std::unique_ptr<HttpClient>> checking(const std::vector<std::string>& tokens, std::size_t count) {
  std::vector<std::unique_ptr<HttpClient>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_unique<RepeatedRequest>(get_request(session_path, tokens[i % tokens.size()])));
  }
  return all;
}

double microseconds_per(std::uint64_t count, double seconds) { return seconds * 1e6 / static_cast<double>(count); }

/// CPU of `process` for each session check.
double http_check_cost(const Bed& bed, Process& process, std::uint16_t port, const std::vector<std::string>& tokens) {
  const double before = process.cpu_seconds();
  const auto result =
      run(HttpLoad{.port = port, .duration = bed.plan.phase, .clients = checking(tokens, checking_clients)});
  if (result.by_status.size() != 1) throw std::runtime_error("not every session check was answered with 200");
  return microseconds_per(result.total(), process.cpu_seconds() - before);
}

double grpc_check_cost(const Bed& bed, Process& process, std::uint16_t port, const std::string& token) {
  const double before = process.cpu_seconds();
  const auto count =
      run(GrpcLoad{.port = port, .method = std::string(check_session), .bearer = token, .duration = bed.plan.phase});
  return microseconds_per(count, process.cpu_seconds() - before);
}

/// 1,000 session checks a second, evenly, whatever else goes on.
HttpResult paced_checks(const Bed& bed, const std::vector<std::string>& tokens, Span duration) {
  // Who holds the stop-watch must not wait for a processor himself: on real machines he sits elsewhere. Only root may
  // ask for that.
  const sched_param lowest_of_real_time{.sched_priority = 1};
  if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &lowest_of_real_time) != 0) {
    std::cerr << "(not root: the stop-watch waits for a processor, too) ";
  }
  constexpr std::size_t connections = 16;
  return run(HttpLoad{.port = bed.server.port(),
                      .duration = duration,
                      .clients = checking(tokens, connections),
                      .pace = 1'000'000'000ns / 1000 * connections});
}

}  // namespace

std::vector<Row> measure_logins(Bed& bed) {
  Row row{"logins, 32 clients; " + bed.label, "/s", Row::Goal::at_least, 0.95, {}};
  Row kept{"logins, 32 clients, against hashes in kept memory; " + bed.label, "/s", Row::Goal::none, 0, {}};
  alternate(
      bed.plan, row,
      [&] {
        auto result = run(HttpLoad{.port = bed.server.port(),
                                   .duration = bed.plan.phase,
                                   .clients = clients<LoginClient>(signing_in, bed.seed)});
        return static_cast<double>(result.by_status[200]) / result.seconds;
      },
      [&] {
        kept.theirs.push_back(hashes_per_second(bed.plan.phase, true));
        return hashes_per_second(bed.plan.phase, false);
      });
  kept.ours = row.ours;
  return {kept, row};
}

Row measure_session_checks(Bed& bed) {
  const auto tokens = bed.server.access_tokens(16);
  const auto answer = ask(bed.server.port(), get_request(session_path, tokens.front()));
  BareServer bare("bare-http", answer.head + answer.body);
  Row row{"CPU of a session check, HTTP; " + bed.label, "us", Row::Goal::at_most, 1.5, {}};
  http_check_cost(bed, bed.server.process(), bed.server.port(), tokens);  // fills the cache
  alternate(
      bed.plan, row, [&] { return http_check_cost(bed, bed.server.process(), bed.server.port(), tokens); },
      [&] { return http_check_cost(bed, bare.process(), bare.port(), tokens); });
  return row;
}

Row measure_grpc_checks(Bed& bed) {
  const auto token = bed.server.access_tokens(1).front();
  BareServer bare("bare-grpc", call(bed.server.grpc_port(), std::string(check_session), token));
  Row row{"CPU of a session check, gRPC; " + bed.label, "us", Row::Goal::at_most, 1.3, {}};
  alternate(
      bed.plan, row, [&] { return grpc_check_cost(bed, bed.server.process(), bed.server.grpc_port(), token); },
      [&] { return grpc_check_cost(bed, bare.process(), bare.port(), token); });
  return row;
}

Row measure_refreshes(Bed& bed, std::size_t count) {
  const std::string name = "refreshes, " + std::to_string(count) + " clients; " + bed.label;
  Row row{name, "/s", Row::Goal::at_least, 0.8, {}};
  const auto all = clients<RefreshClient>(count, bed.seed);
  BareRefresh bare(bed.bare_place, bed.seed, count);
  alternate(
      bed.plan, row,
      [&] {
        const auto result =
            run(HttpLoad{.port = bed.server.port(), .duration = bed.plan.phase, .clients = borrow(all)});
        return static_cast<double>(result.total()) / result.seconds;
      },
      [&] { return bare.run(bed.plan.phase); });
  return row;
}

std::vector<Row> measure_flood(Bed& bed) {
  const auto tokens = bed.server.access_tokens(16);
  Row p99{"p99 of session checks in a login flood of 64; " + bed.label, "us", Row::Goal::at_most, 2, {}};
  Row p999{"p99.9 of the same", "us", Row::Goal::none, 0, {}};
  const auto keep = [&](const HttpResult& result, bool in_flood) {
    const double slow = result.percentile_us(0.999);
    (in_flood ? p999.ours : p999.theirs).push_back(slow);
    return result.percentile_us(0.99);
  };
  const auto checks = [&] {
    return std::async(std::launch::async, [&] { return paced_checks(bed, tokens, bed.plan.phase); });
  };
  alternate(
      bed.plan, p99,
      [&] {
        auto flood = std::async(std::launch::async, [&] {
          return run(HttpLoad{.port = bed.server.port(),
                              .duration = bed.plan.phase + 1s,
                              .clients = clients<LoginClient>(flooding, bed.seed)});
        });
        std::this_thread::sleep_for(500ms);  // the flood stands
        const auto result = checks().get();
        flood.get();
        return keep(result, true);
      },
      [&] { return keep(checks().get(), false); });
  return {p99, p999};
}

Row measure_memory_in_flood(Bed& bed) {
  const unsigned hashing = std::max(1u, processors() - 1);  // as many threads as the program takes for it by itself
  const double goal = 40 + 20.0 * hashing;
  Row row{"memory in a login flood of 64, at most; " + bed.label, "MiB", Row::Goal::at_most, goal, {}};
  bed.server.process().reset_peak_memory();
  run(HttpLoad{
      .port = bed.server.port(), .duration = bed.plan.phase, .clients = clients<LoginClient>(flooding, bed.seed)});
  row.ours.push_back(bed.server.process().memory_mib("VmHWM"));
  return row;
}

std::vector<Row> measure_starts(const Plan& plan, const std::string& label, const Place& place) {
  Row start{"start to first answer; " + label, "ms", Row::Goal::at_most, 100, {}};
  Row memory{"memory, idle; " + label, "MiB", Row::Goal::at_most, 40, {}};
  std::cerr << "  " << start.name << ' ';
  for (int round = 0; round < plan.rounds; ++round) {
    std::cerr << '.' << std::flush;
    Server server(plan.program, place);
    start.ours.push_back(server.milliseconds_to_first_answer());
    std::this_thread::sleep_for(500ms);  // what begins at the start has come to rest
    memory.ours.push_back(server.process().memory_mib("VmRSS"));
  }
  std::cerr << '\n';
  return {start, memory};
}

}  // namespace ostiary::bench
