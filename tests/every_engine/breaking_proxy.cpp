#include "breaking_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr int tick_ms = 20;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the socket's path is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

int make_socket() {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw std::runtime_error("no socket can be made");
  return descriptor;
}

bool is_readable(int descriptor) {
  pollfd ready{descriptor, POLLIN, 0};
  return poll(&ready, 1, tick_ms) == 1;
}

}  // namespace

BreakingProxy::BreakingProxy(const std::string& conninfo) : listener_(make_socket()) {
  constexpr auto prefix = "host="sv;
  const auto end = conninfo.find(' ');
  server_path_ = conninfo.substr(prefix.size(), end - prefix.size()) + "/.s.PGSQL.5432";
  conninfo_ = "host=" + folder_.path().string() + conninfo.substr(end);
  const auto address = address_of((folder_.path() / ".s.PGSQL.5432").string());
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 16) != 0)
    throw std::runtime_error("the proxy can't listen");
  acceptor_ = std::jthread([this](const std::stop_token& stop) { accept_connections(stop); });
}

BreakingProxy::~BreakingProxy() {
  acceptor_.request_stop();
  acceptor_.join();
  connections_.clear();
  close(listener_);
}

void BreakingProxy::freeze(bool frozen) {
  frozen_ = frozen;
  std::this_thread::sleep_for(std::chrono::milliseconds(3 * tick_ms));
}

void BreakingProxy::accept_connections(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!is_readable(listener_)) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    connections_.emplace_back([this, client](const std::stop_token& own) { forward(own, client); });
  }
}

/// One client's connection.
struct BreakingProxy::Link {
  int client, server;
  std::string commit = {};  ///< the name under which COMMIT is prepared
  Break answer_meets = Break::never;

  /// COMMIT passes as text once, later only its name does.
  bool commits(std::string_view text) {
    constexpr std::string_view words = "\0COMMIT\0"sv;
    if (const auto at = text.find(words); at != text.npos) {
      const auto before = text.substr(0, at);
      commit = std::string(before.substr(before.rfind("ostiary_"))) + '\0';
    }
    return !commit.empty() && text.find(commit) != text.npos;
  }
};

void BreakingProxy::forward(const std::stop_token& stop, int client) {
  const int server = make_socket();
  const auto address = address_of(server_path_);
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  Link link{client, server};
  const int since = times_all_broke_;
  while (open && !stop.stop_requested()) {
    std::array<pollfd, 2> ready{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (frozen_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(tick_ms));
      continue;
    }
    poll(ready.data(), ready.size(), tick_ms);
    if (frozen_) continue;
    if (times_all_broke_ != since) break;
    if (ready[0].revents != 0) open = pass(link, client, server);
    if (open && ready[1].revents != 0) open = pass(link, server, client);
  }
  close(server);
  close(client);
}

/// Passes on what there is; false when the connection ends here.
bool BreakingProxy::pass(Link& link, int from, int to) {
  std::array<char, 65536> bytes{};
  const ssize_t length = read(from, bytes.data(), bytes.size());
  if (length <= 0) return false;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(length));
  const bool from_client = from == link.client;
  if (!from_client && link.answer_meets != Break::never) {
    if (link.answer_meets == Break::all_after_commit) ++times_all_broke_;
    ++broken_;
    return false;
  }
  if (from_client && link.commits(text)) {
    const Break how = break_.exchange(Break::never);
    if (how == Break::before_commit) {
      ++broken_;
      return false;
    }
    link.answer_meets = how;
  }
  return send(to, bytes.data(), text.size(), MSG_NOSIGNAL) == length;
}

}  // namespace ostiary::testing
