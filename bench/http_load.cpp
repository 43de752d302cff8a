#include "http_load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <queue>
#include <stdexcept>
#include <utility>

namespace ostiary::bench {
namespace {

using namespace std::chrono_literals;

class Socket {
 public:
  /// `number` chooses the address that it comes from.
  Socket(std::uint16_t port, std::size_t number) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl((127u << 24) | (1u << 16) | static_cast<std::uint32_t>(number + 1));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    if (bind(descriptor_, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
        connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error(std::string("no connection to the server: ") + std::strerror(errno));
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

  /// Requests are small enough for the socket's buffer.
  void send_all(std::string_view bytes) const {
    if (send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("a request could not be sent at once");
  }

 private:
  int descriptor_;
};

/// Gathers bytes until they are a whole answer.
class Inbox {
 public:
  bool receive(int descriptor) {
    if (buffer_.size() < size_ + 4096) buffer_.resize(size_ + 65536);
    const auto got = recv(descriptor, buffer_.data() + size_, buffer_.size() - size_, 0);
    if (got <= 0) throw std::runtime_error("the server closed a connection");
    size_ += static_cast<std::size_t>(got);
    return is_whole();
  }

  HttpReply reply() const {
    const std::string_view all(buffer_.data(), size_);
    int status = 0;
    std::from_chars(all.data() + 9, all.data() + 12, status);
    return {status, all.substr(0, head_), all.substr(head_)};
  }

  void clear() { size_ = head_ = whole_ = 0; }

 private:
  bool is_whole() {
    const std::string_view all(buffer_.data(), size_);
    if (head_ == 0) {
      const auto end = all.find("\r\n\r\n");
      if (end == all.npos) return false;
      head_ = end + 4;
      const auto length = all.find("Content-Length: ");
      std::size_t body = 0;
      if (length < head_) std::from_chars(all.data() + length + 16, all.data() + head_, body);
      whole_ = head_ + body;
    }
    return size_ >= whole_;
  }

  std::string buffer_;
  std::size_t size_ = 0, head_ = 0, whole_ = 0;
};

struct Lane {
  std::unique_ptr<HttpClient> client;
  Socket socket;
  Moment due;
  Inbox inbox = {};
};

class Loop {
 public:
  explicit Loop(HttpLoad load) : pace_(load.pace), duration_(load.duration), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < load.clients.size(); ++i) {
      const auto offset = pace_ * static_cast<int>(i) / static_cast<int>(load.clients.size());
      lanes_.push_back({std::move(load.clients[i]), Socket(load.port, i), begin + offset});
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, lanes_.back().socket.descriptor(), &event);
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i) waiting_.emplace(lanes_[i].due, i);
  }
  ~Loop() { close(epoll_); }

  HttpResult run() {
    const auto begin = std::chrono::steady_clock::now();
    end_ = begin + duration_;
    while (in_flight_ > 0 || std::chrono::steady_clock::now() < end_) {
      send_due();
      receive();
    }
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::ranges::sort(result_.latencies_us);
    return std::move(result_);
  }

 private:
  void send_due() {
    const auto now = std::chrono::steady_clock::now();
    while (!waiting_.empty() && waiting_.top().first <= now) {
      const auto index = waiting_.top().second;
      waiting_.pop();
      if (now >= end_) continue;
      lanes_[index].socket.send_all(lanes_[index].client->request());
      ++in_flight_;
    }
  }

  void receive() {
    std::array<epoll_event, 64> events{};
    const auto until = waiting_.empty() ? end_ + 10s : waiting_.top().first;
    const auto left = std::max<std::int64_t>(0, (until - std::chrono::steady_clock::now()).count());
    const timespec wait{.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
    const int count = epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
    if (count == 0 && waiting_.empty() && in_flight_ > 0) throw std::runtime_error("the server does not answer");
    for (int i = 0; i < count; ++i) {
      const auto index = events[static_cast<std::size_t>(i)].data.u64;
      if (lanes_[index].inbox.receive(lanes_[index].socket.descriptor())) take(index);
    }
  }

  void take(std::size_t index) {
    Lane& lane = lanes_[index];
    const auto now = std::chrono::steady_clock::now();
    const auto reply = lane.inbox.reply();
    ++result_.by_status[reply.status];
    if (pace_ > 0ns && reply.status == 200) {
      result_.latencies_us.push_back(std::chrono::duration<double, std::micro>(now - lane.due).count());
    }
    const auto rest = lane.client->take(reply);
    lane.inbox.clear();
    lane.due = pace_ > 0ns ? lane.due + pace_ : now + rest;
    --in_flight_;
    waiting_.emplace(lane.due, index);
  }

  const Span pace_, duration_;
  const int epoll_;
  std::vector<Lane> lanes_;
  std::priority_queue<std::pair<Moment, std::size_t>, std::vector<std::pair<Moment, std::size_t>>, std::greater<>>
      waiting_;
  std::size_t in_flight_ = 0;
  Moment end_;
  HttpResult result_;
};

}  // namespace

std::uint64_t HttpResult::total() const {
  std::uint64_t sum = 0;
  for (const auto& [status, count] : by_status) sum += count;
  return sum;
}

double HttpResult::percentile_us(double share) const {
  if (latencies_us.empty()) throw std::runtime_error("no request was answered");
  return latencies_us[static_cast<std::size_t>(share * static_cast<double>(latencies_us.size() - 1))];
}

HttpResult run(HttpLoad load) { return Loop(std::move(load)).run(); }

OwnedReply ask(std::uint16_t port, const std::string& request) {
  const Socket socket(port, 0);
  socket.send_all(request);
  Inbox inbox;
  while (!inbox.receive(socket.descriptor())) {
  }
  const auto reply = inbox.reply();
  return {reply.status, std::string(reply.head), std::string(reply.body)};
}

std::string get_request(std::string_view path, std::string_view bearer) {
  std::string text = "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!bearer.empty()) text += "Authorization: Bearer " + std::string(bearer) + "\r\n";
  return text + "\r\n";
}

std::string post_request(std::string_view path, std::string_view json) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n" + std::string(json);
}

std::string_view json_text(std::string_view json, std::string_view name) {
  const auto at = json.find('"' + std::string(name) + "\":\"");
  if (at == json.npos) return {};
  const auto begin = at + name.size() + 4;
  return json.substr(begin, json.find('"', begin) - begin);
}

}  // namespace ostiary::bench
