#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "bare_servers.hpp"

namespace ostiary::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Moment = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds patience{75};

class Connection;

struct Thread {
  asio::io_context context{1};
  asio::steady_timer sweep_timer{context};
  std::list<std::shared_ptr<Connection>> connections = {};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Thread& home, tcp::socket socket, const std::string& answer)
      : home_(home), socket_(std::move(socket)), answer_(answer) {}

  void start() {
    place_ = home_.connections.insert(home_.connections.end(), shared_from_this());
    read();
  }

  void sweep(Moment now) {
    if (now - since_ >= patience) close();
  }

 private:
  void read() {
    since_ = std::chrono::steady_clock::now();
    parser_.emplace();
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      error ? self->close() : self->write();
    });
  }

  void write() {
    since_ = std::chrono::steady_clock::now();
    asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](error_code error, std::size_t) {
      error ? self->close() : self->read();
    });
  }

  void close() {
    if (!socket_.is_open()) return;
    error_code ignored;
    socket_.close(ignored);
    home_.connections.erase(place_);
  }

  Thread& home_;
  tcp::socket socket_;
  const std::string& answer_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Moment since_;
  std::list<std::shared_ptr<Connection>>::iterator place_;
};

void sweep(Thread& thread) {
  thread.sweep_timer.expires_after(std::chrono::seconds(1));
  thread.sweep_timer.async_wait([&thread](error_code) {
    const auto now = std::chrono::steady_clock::now();
    for (auto next = thread.connections.begin(); next != thread.connections.end();) (*next++)->sweep(now);
    sweep(thread);
  });
}

struct Listener {
  std::vector<std::unique_ptr<Thread>>& threads;
  tcp::acceptor acceptor;
  const std::string& answer;
  std::size_t next = 0;

  void accept() {
    Thread& home = *threads[next++ % threads.size()];
    acceptor.async_accept(home.context, [this, &home](error_code error, tcp::socket socket) {
      if (!error) {
        socket.set_option(tcp::no_delay(true));
        auto connection = std::make_shared<Connection>(home, std::move(socket), answer);
        asio::post(home.context, [connection] { connection->start(); });
      }
      accept();
    });
  }
};

}  // namespace

void serve_bare_http(std::uint16_t port, int count, const std::string& answer) {
  std::vector<std::unique_ptr<Thread>> threads;
  for (int i = 0; i < count; ++i) threads.push_back(std::make_unique<Thread>());
  Listener listener{
      threads, tcp::acceptor(threads.front()->context, tcp::endpoint(asio::ip::address_v4::loopback(), port)), answer};
  listener.accept();
  std::vector<std::jthread> running;
  for (auto& thread : threads) {
    sweep(*thread);
    running.emplace_back([&thread] { thread->context.run(); });
  }
}

}  // namespace ostiary::bench
