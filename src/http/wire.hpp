#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <utility>
#include <variant>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace ostiary::http {

/// The byte stream of a connection: TCP, or TLS over TCP. Belongs to one thread.
class Wire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Tls = boost::asio::ssl::stream<Socket>;

  explicit Wire(Socket socket) : stream_(std::move(socket)) {}
  Wire(Socket socket, boost::asio::ssl::context& context)
      : stream_(std::in_place_type<Tls>, std::move(socket), context) {}

  bool encrypted() const { return std::holds_alternative<Tls>(stream_); }

  /// Only with TLS. Call it before reading or writing.
  template <class Handler>
  void shake_hands(Handler handler) {
    std::get<Tls>(stream_).async_handshake(Tls::server, std::move(handler));
  }

  template <class Buffer, class Handler>
  void read_some(Buffer buffer, Handler handler) {
    if (auto* const plain = std::get_if<Socket>(&stream_)) plain->async_read_some(buffer, std::move(handler));
    else std::get<Tls>(stream_).async_read_some(buffer, std::move(handler));
  }

  /// `progress` is called with an error and the bytes taken so far, and gives how many may be tried next: a completion
  /// condition of Asio.
  template <class Buffers, class Progress, class Handler>
  void write(const Buffers& buffers, Progress progress, Handler handler) {
    if (auto* const plain = std::get_if<Socket>(&stream_))
      boost::asio::async_write(*plain, buffers, std::move(progress), std::move(handler));
    else boost::asio::async_write(std::get<Tls>(stream_), buffers, std::move(progress), std::move(handler));
  }

  /// The bytes that the system has taken and the other side has not acknowledged.
  std::size_t unacknowledged() {
    int bytes = 0;
    return ::ioctl(socket().native_handle(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
  }

  /// Closes the sending side; data from the peer can still be read. `handler` is called when that is done; with TLS,
  /// when the peer has closed too.
  template <class Handler>
  void finish(Handler handler) {
    boost::system::error_code error;
    if (auto* const tls = std::get_if<Tls>(&stream_)) return tls->async_shutdown(std::move(handler));
    socket().shutdown(Socket::shutdown_send, error);
    handler(error);
  }

  void close() {
    boost::system::error_code ignored;
    socket().close(ignored);
  }

 private:
  Socket& socket() {
    auto* const tls = std::get_if<Tls>(&stream_);
    return tls ? tls->next_layer() : std::get<Socket>(stream_);
  }

  std::variant<Socket, Tls> stream_;
};

}  // namespace ostiary::http
