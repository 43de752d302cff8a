#include "http/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <ctime>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "base/trusted_proxies.hpp"
#include "http/head.hpp"
#include "http/inbox.hpp"
#include "http/tls_certificate.hpp"
#include "http/wire.hpp"

namespace ostiary::http {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Moment = std::chrono::steady_clock::time_point;

namespace {

constexpr std::size_t read_size = 4 * 1024;
constexpr std::size_t most_header_lines = 100;
/// How many bytes a client may send to us after its last answer before the connection is cut.
constexpr std::size_t linger_bytes = 1024 * 1024;
/// Chunk sizes and extensions may add this much to a body, and no more.
constexpr std::size_t framing_allowance = 8;
constexpr auto one_second = std::chrono::seconds(1);
constexpr auto until_connections_go = std::chrono::seconds(5);

/// The address in the one spelling that all of the program uses.
IpAddress address_of(const tcp::endpoint& endpoint) {
  const auto bytes = endpoint.address().is_v4()
                         ? asio::ip::make_address_v6(asio::ip::v4_mapped, endpoint.address().to_v4())
                         : endpoint.address().to_v6();
  return {bytes.to_bytes()};
}

std::string place_of(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? '[' + address + ']' : address) + ':' + std::to_string(endpoint.port());
}

/// Beast looks at no character between the quotes of a chunk's extensions; a line feed there is the end of the line to
/// a careless proxy, and what follows a request of its own. It wants a function object that outlives the parser.
constinit auto refuse_controls = [](std::uint64_t, boost::beast::string_view extensions, error_code& error) {
  const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; };
  if (std::ranges::any_of(extensions, is_control)) error = beast_http::error::bad_chunk_extension;
};

/// Counts connections, in all and by network. Thread-safe. An empty network is not counted by itself.
class Admissions {
 public:
  explicit Admissions(std::size_t most_per_network) : most_per_network_(most_per_network) {}

  bool has_room_for(const std::string& network) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_network_.find(network);
    return found == by_network_.end() || found->second < most_per_network_;
  }

  void enter(const std::string& network) {
    const std::lock_guard lock(mutex_);
    if (!network.empty()) ++by_network_[network];
    ++total_;
  }

  void leave(const std::string& network) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_network_.find(network); found != by_network_.end() && --found->second == 0) {
      by_network_.erase(found);
    }
    if (--total_ == 0) nobody_left_.notify_all();
  }

  std::size_t total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

  void wait_until_empty(Moment deadline) {
    std::unique_lock lock(mutex_);
    nobody_left_.wait_until(lock, deadline, [&] { return total_ == 0; });
  }

 private:
  const std::size_t most_per_network_;
  mutable std::mutex mutex_;
  std::condition_variable nobody_left_;
  std::size_t total_ = 0;
  std::unordered_map<std::string, std::size_t> by_network_;
};

/// One connection's place in the count.
class Admission {
 public:
  Admission(Admissions& admissions, std::string network) : admissions_(&admissions), network_(std::move(network)) {}
  Admission(Admission&& other) noexcept
      : admissions_(std::exchange(other.admissions_, nullptr)), network_(std::move(other.network_)) {}
  Admission& operator=(Admission&&) = delete;
  ~Admission() {
    if (admissions_) admissions_->leave(network_);
  }

 private:
  Admissions* admissions_;
  std::string network_;
};

/// The Date header's value, made anew once a second.
class DateText {
 public:
  std::string_view now() {
    const auto seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    if (seconds != made_for_) make(seconds);
    return text_.data();
  }

 private:
  void make(std::time_t seconds) {
    static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::snprintf(text_.data(), text_.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                  months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                  utc.tm_sec);
    made_for_ = seconds;
  }

  std::time_t made_for_ = -1;
  std::array<char, 64> text_{};
};

class Connection;
using Connections = std::list<std::shared_ptr<Connection>>;

/// A thread, its context, and the connections that live on it. Everything belongs to that thread, unless it
/// says otherwise; `inbox` is for others.
struct IoThread {
  /// To be called on the thread.
  void run() {
    inbox->belongs_to_this_thread();
    listen();
    context.run();
  }

  asio::io_context context{1};
  const std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  asio::steady_timer sweep_timer{context};
  Connections waiting;  ///< for their clients; the one that has been silent longest is the first
  Connections at_work;  ///< the handler has their request
  /// Since when the first of `waiting` is silent. Other threads may read it.
  std::atomic<Moment> longest_silent_since{Moment::max()};
  DateText date;
  bool draining = false;
  std::thread thread;

 private:
  void listen() {
    bell_.async_read_some(asio::buffer(rings_), [this](error_code error, std::size_t) {
      if (error) return;
      for (auto& work : inbox->take_all()) work();
      listen();
    });
  }

  asio::posix::stream_descriptor bell_{context, inbox->listen()};
  std::array<std::byte, 8> rings_{};
};

std::string status_line(int status) {
  const auto reason = beast_http::obsolete_reason(beast_http::int_to_status(static_cast<unsigned>(status)));
  return "HTTP/1.1 " + std::to_string(status) + ' ' + std::string(reason) + "\r\n";
}

/// What all connections share.
struct Service {
  const Handler& handler;
  const ServerOptions options;
  Log& log;
  const std::atomic<bool>& keeps_alive;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const Service& service, IoThread& home, Wire wire, std::string peer, Admission admission)
      : service_(service),
        options_(service.options),
        home_(home),
        wire_(std::move(wire)),
        peer_(std::move(peer)),
        admission_(std::move(admission)) {}

  void start() {
    since_ = active_at_ = std::chrono::steady_clock::now();
    place_ = list_->insert(list_->end(), shared_from_this());
    if (home_.draining) return close();
    if (!wire_.encrypted()) return begin();
    enter(Phase::shaking_hands);
    wire_.shake_hands([self = shared_from_this()](error_code error) {
      if (self->phase_ == Phase::closed) return;
      error ? self->close() : self->begin();
    });
  }

  /// Closes what has taken longer than it may.
  void sweep(Moment now) {
    if (!is_overdue(now)) return;
    if (phase_ == Phase::reading && !untouched()) {
      return refuse(Refusal::request_timeout, "The request took too long to arrive.");
    }
    close();
  }

  /// Whether it can make room for another: nothing is lost but a client's wait, or an answer that it does not take.
  bool may_be_closed(Moment now) const { return phase_ != Phase::writing || now - active_at_ >= one_second; }

  void close_if_idle() {
    const bool untouched_yet = phase_ == Phase::reading && untouched();
    if (phase_ == Phase::idle || phase_ == Phase::shaking_hands || untouched_yet) close();
  }

  void close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    wire_.close();
    const auto mine = shared_from_this();
    list_->erase(place_);
    publish_longest_silence();
  }

 private:
  enum class Phase {
    shaking_hands,  // of TLS
    idle,       // between two requests
    reading,    // a request is arriving
    answering,  // the handler has it
    writing,
    lingering,  // all is said
    closed
  };

  void begin() {
    enter(Phase::reading);
    read();
  }

  void enter(Phase phase) {
    phase_ = phase;
    is_active();
    since_ = active_at_;
    if (phase == Phase::reading) pace_.begin(since_, received_);
    if (phase == Phase::writing) pace_.begin(since_, acknowledged());
  }

  /// Something has happened: others have been silent for longer.
  void is_active() {
    active_at_ = std::chrono::steady_clock::now();
    auto& list = phase_ == Phase::answering ? home_.at_work : home_.waiting;
    list.splice(list.end(), *list_, place_);
    list_ = &list;
    publish_longest_silence();
  }

  void publish_longest_silence() {
    const auto& waiting = home_.waiting;
    home_.longest_silent_since = waiting.empty() ? Moment::max() : waiting.front()->active_at_;
  }

  bool is_overdue(Moment now) {
    switch (phase_) {
      case Phase::shaking_hands: return now - since_ >= options_.handshake_timeout;
      case Phase::idle: return now - since_ >= options_.idle_timeout;
      case Phase::reading: return pace_.is_too_slow(now, received_, options_.pace);
      case Phase::writing: return pace_.is_too_slow(now, acknowledged(), options_.pace);
      case Phase::lingering: return now - since_ >= options_.linger_timeout;
      case Phase::answering:
      case Phase::closed: break;
    }
    return false;
  }

  /// How much of all replies the client's system has, counted from a constant. What waits in ours is no progress,
  /// however large its buffer. TLS adds to it, so more may wait than the replies have.
  std::uint64_t acknowledged() {
    constexpr std::uint64_t more_than_can_wait = std::uint64_t{1} << 40;
    return more_than_can_wait + sent_ - wire_.unacknowledged();
  }

  /// Whether nothing of a request has arrived.
  bool untouched() const { return !parser_ && buffer_.size() == 0; }

  std::string_view received() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }

  void read() {
    if (read_pending_) return;
    read_pending_ = true;
    wire_.read_some(buffer_.prepare(read_size),
                    [self = shared_from_this()](error_code error, std::size_t size) { self->on_read(error, size); });
  }

  void on_read(error_code error, std::size_t size) {
    read_pending_ = false;
    if (phase_ == Phase::closed) return;
    buffer_.commit(size);
    received_ += size;
    is_active();
    if (phase_ == Phase::lingering) return linger(error, size);
    // While a refusal is being written, what still arrives has no meaning.
    if (phase_ == Phase::writing) return;
    if (error) return close();
    if (phase_ == Phase::idle) enter(Phase::reading);
    advance();
  }

  /// Goes on with what has been received.
  void advance() { parser_ ? take_body() : take_head(); }

  void take_head() {
    if (scanned_ == 0 && !leading_line_skipped_ && received().starts_with("\r\n")) {
      // Some clients end a body with a line too many (RFC 9112, section 2.2).
      buffer_.consume(2);
      leading_line_skipped_ = true;
    }
    if (scanned_ == 0 && received() == "\r") return read();
    switch (find_end_of_head(received(), scanned_)) {
      case HeadProgress::bare_line_feed:
        return refuse(Refusal::malformed_request, "A line of the request's head ends without a carriage return.");
      case HeadProgress::incomplete:
        if (buffer_.size() >= options_.header_limit) return refuse_headers();
        return read();
      case HeadProgress::complete: break;
    }
    if (scanned_ > options_.header_limit) return refuse_headers();
    parse_head(received().substr(0, scanned_));
  }

  void refuse_headers() {
    refuse(Refusal::headers_too_large,
           "The request line and headers exceed " + std::to_string(options_.header_limit) + " bytes.");
  }

  void refuse_body() { refuse(Refusal::body_too_large, "The body exceeds " + std::to_string(body_limit_) + " bytes."); }

  void parse_head(std::string_view head) {
    if (const auto flaw = flaw_of_head(head)) return refuse(Refusal::malformed_request, std::string(*flaw));
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(head.size() + 1));
    parser_->body_limit(boost::none);  // it depends on what the head says
    parser_->on_chunk_header(refuse_controls);
    error_code error;
    const auto parsed = parser_->put(asio::buffer(head), error);
    if (error || parsed != head.size() || !parser_->is_header_done()) {
      return refuse(Refusal::malformed_request, "The request's head can't be read: " + error.message() + ".");
    }
    if (!take_fields()) return;
    buffer_.consume(parsed);
    scanned_ = 0;
    parser_->eager(true);
    if (parser_->is_done()) return hand_over();
    body_limit_ = service_.handler.body_limit(request_.verb, request_.target);
    if (const auto length = parser_->content_length(); length && *length > body_limit_) return refuse_body();
    parser_->body_limit(body_limit_);
    if (expects_continue_ && buffer_.size() == 0) return ask_for_body();
    take_body();
  }

  /// Moves the head into `request_`; false when it was refused. The trailer of a chunked body comes later, and is
  /// ignored.
  bool take_fields() {
    const auto& message = parser_->get();
    request_ = {};
    request_.peer = peer_;
    request_.verb = message.method_string();
    request_.target = message.target();
    expects_continue_ = false;
    is_http_1_0_ = message.version() == 10;
    keep_alive_ = parser_->keep_alive() && !home_.draining;
    for (const auto& field : message) {
      if (request_.headers.size() == most_header_lines) {
        refuse(Refusal::headers_too_large,
               "The request has more than " + std::to_string(most_header_lines) + " header lines.");
        return false;
      }
      request_.headers.emplace_back(lower_case(field.name_string()), field.value());
    }
    for (const auto expectation : request_.header_lines("expect")) {
      if (is_http_1_0_) break;
      expects_continue_ = equal_ignoring_case(expectation, "100-continue");
      if (!expects_continue_) {
        refuse(Refusal::expectation_failed, "The only expectation that can be met is 100-continue.");
        return false;
      }
    }
    if (lacks_length()) {
      refuse(Refusal::length_required, "The body needs a Content-Length, or chunked encoding.");
      return false;
    }
    return make_target_relative();
  }

  /// Whether a Content-Type speaks of a body, and nothing of its length: what follows could be it, or the next request.
  bool lacks_length() const {
    const auto& verb = request_.verb;
    return (verb == "POST" || verb == "PUT" || verb == "PATCH") && request_.header("content-type") &&
           !request_.header("content-length") && !request_.header("transfer-encoding");
  }

  /// "GET http://host/path" means the same as "GET /path" with that Host (RFC 9112, section 3.2.2).
  bool make_target_relative() {
    auto& target = request_.target;
    if (target.starts_with('/') || (target == "*" && request_.verb == "OPTIONS")) return true;
    const auto scheme_end = target.find("://");
    const auto scheme = std::string_view(target).substr(0, scheme_end);
    if (scheme_end == target.npos || !(equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https"))) {
      refuse(Refusal::malformed_request, "The request's target must be a path.");
      return false;
    }
    const auto host_begin = scheme_end + 3;
    const auto host_end = std::min(target.find_first_of("/?", host_begin), target.size());
    const auto host = target.substr(host_begin, host_end - host_begin);
    for (auto& [name, value] : request_.headers) {
      if (name == "host") value = host;
    }
    target.erase(0, host_end);
    if (!target.starts_with('/')) target.insert(0, 1, '/');
    return true;
  }

  void ask_for_body() {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    wire_.write(asio::buffer(go_on), asio::transfer_all(), [self = shared_from_this()](error_code error, std::size_t) {
      if (self->phase_ != Phase::reading) return;
      error ? self->close() : self->read();
    });
  }

  void take_body() {
    error_code error;
    while (buffer_.size() > 0 && !parser_->is_done() && !error) {
      const auto parsed = parser_->put(buffer_.data(), error);
      buffer_.consume(parsed);
      body_bytes_ += parsed;
      if (error == beast_http::error::need_more) break;
    }
    if (error == beast_http::error::body_limit || body_bytes_ > framing_allowance * body_limit_) return refuse_body();
    if (error && error != beast_http::error::need_more) {
      return refuse(Refusal::malformed_request, "The request's body can't be read: " + error.message() + ".");
    }
    if (parser_->is_done()) return hand_over();
    // What the parser leaves is the beginning of a chunk's size line or of the trailer.
    if (buffer_.size() > options_.header_limit) return refuse_headers();
    read();
  }

  void hand_over() {
    enter(Phase::answering);
    request_.body = std::move(parser_->get().body());
    without_body_ = request_.verb == "HEAD";
    try {
      service_.handler.handle(std::move(request_), [inbox = home_.inbox, weak = weak_from_this()](Response response) {
        inbox->run([weak, response = std::move(response)]() mutable {
          if (const auto self = weak.lock()) self->answer(std::move(response));
        });
      });
    } catch (const std::exception& error) {
      // The last resort (ASVS 16.5.4): a bug in the handler costs this connection, not the process.
      service_.log.write(LogLevel::error, "http.unexpected", {{"reason", error.what()}});
      if (phase_ == Phase::answering) refuse(Refusal::internal, {});
    }
  }

  void answer(Response response) {
    if (phase_ == Phase::answering) write(std::move(response));
  }

  /// Answers for the transport, and closes: after such a request nobody knows where the next one begins.
  void refuse(Refusal why, std::string detail) {
    keep_alive_ = false;
    without_body_ = parser_ && parser_->is_header_done() && parser_->get().method() == beast_http::verb::head;
    write(service_.handler.problem({why, std::move(detail), {}, {}, {}}, peer_));
  }

  void write(Response response) {
    enter(Phase::writing);
    response_ = std::move(response);
    write_head();
    std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::const_buffer()};
    if (response_.body && !without_body_) parts[1] = asio::buffer(*response_.body);
    const auto before = sent_;
    const auto progress = [this, before](error_code error, std::size_t written) {
      // Called from the operation that the handler below keeps alive.
      return is_sending(error, before + written);
    };
    wire_.write(parts, progress, [self = shared_from_this(), before](error_code error, std::size_t written) {
      self->sent_ = before + written;  // the last part is reported only here
      self->on_written(error);
    });
  }

  /// How many bytes to try next.
  std::size_t is_sending(error_code error, std::uint64_t sent) {
    constexpr std::size_t at_once = 64 * 1024;
    if (error || phase_ == Phase::closed) return 0;
    if (sent != std::exchange(sent_, sent)) is_active();
    return at_once;
  }

  void write_head() {
    head_ = status_line(response_.status);
    for (const auto& [name, value] : response_.headers) {
      if (equal_ignoring_case(name, "connection")) keep_alive_ = keep_alive_ && !equal_ignoring_case(value, "close");
      else append_header(head_, name, value);
    }
    if (response_.encoded_headers) head_.append(*response_.encoded_headers);
    append_header(head_, "Date", home_.date.now());
    const bool bodiless = response_.status == 204 || response_.status == 304;
    if (bodiless) response_.body = nullptr;
    else append_header(head_, "Content-Length", std::to_string(response_.body ? response_.body->size() : 0));
    if (home_.draining || !service_.keeps_alive) keep_alive_ = false;
    if (!keep_alive_) append_header(head_, "Connection", "close");
    else if (is_http_1_0_) append_header(head_, "Connection", "keep-alive");
    head_.append("\r\n");
  }

  void on_written(error_code error) {
    if (phase_ == Phase::closed) return;
    if (error) return close();
    response_ = {};
    if (!keep_alive_) {
      return say_goodbye();
    }
    parser_.reset();
    body_bytes_ = 0;
    leading_line_skipped_ = false;
    if (buffer_.size() == 0) {
      enter(Phase::idle);
      if (home_.draining) return close();
      if (buffer_.capacity() > 2 * read_size) buffer_.shrink_to_fit();
      return read();
    }
    enter(Phase::reading);
    advance();
  }

  /// The client closes first, so that it reads our last words.
  void say_goodbye() {
    enter(Phase::lingering);
    buffer_.clear();
    wire_.finish([self = shared_from_this()](error_code) {
      if (self->phase_ == Phase::closed) return;
      self->wire_.encrypted() ? self->close() : self->read();
    });
  }

  void linger(error_code error, std::size_t size) {
    lingered_bytes_ += size;
    buffer_.clear();
    if (error || lingered_bytes_ > linger_bytes) return close();
    read();
  }

  const Service& service_;
  const ServerOptions& options_;
  IoThread& home_;
  Wire wire_;
  const std::string peer_;
  Admission admission_;
  Connections* list_ = &home_.waiting;  ///< where it stands
  Connections::iterator place_;

  Phase phase_ = Phase::reading;
  Moment since_;  ///< it is in this phase
  Moment active_at_;  ///< when something last happened
  Pace pace_;
  std::uint64_t received_ = 0, sent_ = 0;  ///< bytes in all
  bool read_pending_ = false;
  boost::beast::flat_buffer buffer_;
  std::size_t lingered_bytes_ = 0;

  // The request at hand.
  std::size_t scanned_ = 0;
  bool leading_line_skipped_ = false;
  std::optional<beast_http::request_parser<beast_http::string_body>> parser_;
  std::size_t body_limit_ = 0;
  std::size_t body_bytes_ = 0;
  Request request_;
  bool expects_continue_ = false;
  bool is_http_1_0_ = false;
  bool keep_alive_ = true;
  bool without_body_ = false;

  // Its answer.
  Response response_;
  std::string head_;
};

/// Those that are sent to at the moment stay.
void close_longest_silent(const IoThread& thread) {
  constexpr std::ptrdiff_t most_looked_at = 64;
  const auto now = std::chrono::steady_clock::now();
  const auto first = thread.waiting.begin();
  const auto last = std::ranges::next(first, most_looked_at, thread.waiting.end());
  const auto found = std::find_if(first, last, [now](const auto& one) { return one->may_be_closed(now); });
  if (found != last) std::shared_ptr(*found)->close();
}

}  // namespace

int io_threads_for(unsigned processors) { return static_cast<int>(std::clamp(processors, 2U, 16U)); }

struct Server::Impl {
  Impl(const Handler& handler, ServerOptions chosen, Log& log)
      : service{handler, std::move(chosen), log, keeps_alive},
        proxies(options.trusted_proxies),
        admissions(options.max_connections_per_network) {
    if (options.tls.given()) certificate.emplace(options.tls, log);
  }

  ~Impl() { stop(); }

  void listen();
  void listen_everywhere();
  void listen_at(const std::string& address, bool only_if_there);
  void accept(tcp::acceptor& acceptor);
  void take(tcp::socket socket, IoThread& home);
  bool make_room();
  void turn_away(tcp::socket socket, const std::string& peer) const;
  void sweep(IoThread& thread);
  void stop();

  std::atomic<bool> keeps_alive = true;
  const Service service;
  const ServerOptions& options = service.options;
  const TrustedProxies proxies;
  Admissions admissions;
  std::vector<std::unique_ptr<IoThread>> threads;
  // What follows lives on the first thread.
  std::optional<TlsCertificate> certificate;
  std::list<tcp::acceptor> acceptors;
  std::vector<tcp::acceptor*> resting_acceptors;
  std::size_t next_thread = 0;
  std::uint16_t port = 0;
};

void Server::Impl::listen() {
  // A port that the machine chose for one address may be taken on another: then it chooses again.
  for (int tries_left = options.port == 0 ? 8 : 0;; --tries_left) {
    try {
      port = options.port;
      return listen_everywhere();
    } catch (const ListenError&) {
      acceptors.clear();
      if (tries_left == 0) throw;
    }
  }
}

void Server::Impl::listen_everywhere() {
  for (const auto& address : options.addresses) {
    if (address == "localhost") {
      listen_at("127.0.0.1", false);
      listen_at("::1", true);
    } else if (address == "*") {
      listen_at("0.0.0.0", false);
      listen_at("::", true);
    } else {
      listen_at(address, false);
    }
  }
  if (acceptors.empty()) throw ListenError("there is no address to listen on");
}

void Server::Impl::listen_at(const std::string& text, bool only_if_there) {
  error_code error;
  const auto address = asio::ip::make_address(text, error);
  if (error) throw ListenError("cannot listen on " + text + ": it is not an IP address");
  const tcp::endpoint endpoint(address, port);
  tcp::acceptor acceptor(threads.front()->context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    const bool not_there =
        error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available;
    if (only_if_there && not_there) return;
    throw ListenError("cannot listen on " + place_of(endpoint) + ": " + error.message());
  }
  port = acceptor.local_endpoint().port();
  acceptors.push_back(std::move(acceptor));
}

void Server::Impl::accept(tcp::acceptor& acceptor) {
  auto& home = *threads[next_thread++ % threads.size()];
  acceptor.async_accept(home.context, [this, &acceptor, &home](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (!error) {
      take(std::move(socket), home);
    } else if (error != asio::error::connection_aborted) {
      // No descriptors or memory left: the next sweep tries again.
      service.log.write(LogLevel::warning, "http.accept_failed", {{"reason", error.message()}});
      return resting_acceptors.push_back(&acceptor);
    }
    accept(acceptor);
  });
}

void Server::Impl::take(tcp::socket socket, IoThread& home) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;
  const auto address = address_of(endpoint);
  auto peer = to_string(address);
  auto network = proxies.trusts(address) ? std::string() : network_of(peer);
  if (!admissions.has_room_for(network) || !make_room()) return turn_away(std::move(socket), peer);
  admissions.enter(network);
  Admission admission(admissions, std::move(network));
  socket.set_option(tcp::no_delay(true), error);
  Wire wire = certificate ? Wire(std::move(socket), certificate->context()) : Wire(std::move(socket));
  auto connection = std::make_shared<Connection>(service, home, std::move(wire), std::move(peer), std::move(admission));
  home.inbox->run([connection] { connection->start(); });
}

/// Has the connection that has been silent longest closed where there are as many as may be. False where all are at
/// work, or too many are about to be closed.
bool Server::Impl::make_room() {
  constexpr std::size_t most_to_be_closed = 64;
  const auto open = admissions.total();
  if (open < options.max_connections) return true;
  auto* const thread =
      std::ranges::min_element(threads, {}, [](const auto& one) { return one->longest_silent_since.load(); })->get();
  if (thread->longest_silent_since.load() == Moment::max()) return false;
  if (open >= options.max_connections + most_to_be_closed) return false;
  thread->inbox->run([thread] { close_longest_silent(*thread); });
  return true;
}

/// Says 503 if that can be said without waiting.
void Server::Impl::turn_away(tcp::socket socket, const std::string& peer) const {
  const auto problem = service.handler.problem(
      {Refusal::overloaded, "There are too many connections.", {}, until_connections_go, {}}, peer);
  auto text = status_line(problem.status);
  for (const auto& [name, value] : problem.headers) append_header(text, name, value);
  append_header(text, "Content-Length", std::to_string(problem.body ? problem.body->size() : 0));
  append_header(text, "Connection", "close");
  text.append("\r\n");
  if (problem.body) text.append(*problem.body);
  error_code ignored;
  socket.non_blocking(true, ignored);
  if (!certificate) socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

void Server::Impl::sweep(IoThread& thread) {
  thread.sweep_timer.expires_after(options.sweep_interval);
  thread.sweep_timer.async_wait([this, &thread](error_code error) {
    if (error) return;
    const auto now = std::chrono::steady_clock::now();
    for (auto next = thread.waiting.begin(); next != thread.waiting.end();) {
      const auto connection = *next++;
      connection->sweep(now);
    }
    if (&thread == threads.front().get()) {
      for (auto* acceptor : std::exchange(resting_acceptors, {})) accept(*acceptor);
      if (certificate) certificate->look();
    }
    sweep(thread);
  });
}

void Server::Impl::stop() {
  for (const auto& thread : threads) thread->context.stop();
  for (const auto& thread : threads) {
    if (thread->thread.joinable()) thread->thread.join();
    thread->inbox->close();
  }
  acceptors.clear();
  for (const auto& thread : threads) {
    thread->waiting.clear();
    thread->at_work.clear();
  }
  threads.clear();
}

Server::Server(const Handler& handler, ServerOptions options, Log& log)
    : impl_(std::make_unique<Impl>(handler, std::move(options), log)) {}

Server::~Server() = default;

void Server::start() {
  auto& impl = *impl_;
  for (int i = 0; i < std::max(1, impl.options.io_threads); ++i) impl.threads.push_back(std::make_unique<IoThread>());
  impl.listen();
  for (auto& acceptor : impl.acceptors) {
    impl.service.log.write(LogLevel::info, "http.listening", {{"address", place_of(acceptor.local_endpoint())}});
    impl.accept(acceptor);
  }
  for (const auto& thread : impl.threads) {
    impl.sweep(*thread);
    thread->thread = std::thread([&thread = *thread] { thread.run(); });
  }
}

std::uint16_t Server::port() const { return impl_->port; }

void Server::keep_alive(bool on) { impl_->keeps_alive = on; }

std::size_t Server::connections() const { return impl_->admissions.total(); }

void Server::drain(Moment deadline) {
  auto& impl = *impl_;
  if (impl.threads.empty()) return;
  impl.threads.front()->inbox->run([&impl] {
    error_code ignored;
    for (auto& acceptor : impl.acceptors) acceptor.close(ignored);
  });
  for (const auto& thread : impl.threads) {
    thread->inbox->run([&thread = *thread] {
      thread.draining = true;
      for (const auto& connection : Connections(thread.waiting)) connection->close_if_idle();
    });
  }
  impl.admissions.wait_until_empty(deadline);
  impl.stop();
}

}  // namespace ostiary::http
