#include "grpc/server.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <absl/synchronization/mutex.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "base/trusted_proxies.hpp"
#include "contract/refusals.hpp"
#include "door/credentials.hpp"
#include "door/trace_context.hpp"
#include "grpc/gzip.hpp"
#include "grpc/health.hpp"
#include "grpc/message.hpp"
#include "grpc/reflection.hpp"
#include "grpc/small_message.hpp"

namespace ostiary::grpc_transport {

using google::protobuf::FieldDescriptor;

namespace {

constexpr std::size_t longest_user_agent = 512;
constexpr std::size_t longest_logged_method = 256;

/// How many calls are at work. Thread-safe.
class InFlight {
 public:
  void begin() { ++count_; }

  void end() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) idle_.notify_all();
  }

  void wait_until_idle(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    idle_.wait_until(lock, deadline, [&] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  std::atomic<int> count_ = 0;
};

std::set<std::string, std::less<>> names_of(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  std::set<std::string, std::less<>> names;
  for (const auto* const service : services) names.insert(service->full_name());
  return names;
}

/// What all calls share.
struct Service {
  door::Dispatcher& dispatcher;
  const door::RememberedReplies& remembered_replies;
  Random& random;
  Log& log;
  const TrustedProxies proxies;
  const door::CredentialFields credential_fields;
  const Reflection reflection;
  Health health;
  InFlight in_flight;
  std::atomic<bool> draining = false;
};

std::vector<std::string_view> metadata_lines(const grpc::CallbackServerContext& context, const char* name) {
  std::vector<std::string_view> lines;
  const auto [first, last] = context.client_metadata().equal_range(name);
  for (auto line = first; line != last; ++line) lines.emplace_back(line->second.data(), line->second.size());
  return lines;
}

std::optional<std::string_view> metadata_of(const grpc::CallbackServerContext& context, const char* name) {
  const auto [first, last] = context.client_metadata().equal_range(name);
  if (first == last) return std::nullopt;
  return std::string_view(first->second.data(), first->second.size());
}

/// One call: reads its message, has it dispatched, writes the reply. gRPC keeps it alive until OnDone, which comes
/// after Finish, cancelled or not; the dispatcher answers exactly once, and that is where Finish is called.
class UnaryCall final : public grpc::ServerGenericBidiReactor {
 public:
  UnaryCall(Service& service, grpc::GenericCallbackServerContext& context)
      : service_(service), context_(context), method_(service.dispatcher.contract().find_grpc(context.method())) {
    service_.in_flight.begin();
    if (!method_) {
      log_refusal(name_of(Refusal::not_found), {});
      Finish({grpc::StatusCode::UNIMPLEMENTED, "There is no such method."});
    } else if (service_.draining) {
      turn_away({Refusal::unavailable, "The server is shutting down.", {}, std::chrono::seconds(1), {}});
    } else {
      StartRead(&buffer_);
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return turn_away({Refusal::malformed_request, "There is no message.", {}, {}, {}});
    switch (unpack(buffer_, method_->max_body_bytes)) {
      case Unpacked::whole: break;
      case Unpacked::broken:
        return turn_away({Refusal::malformed_request, "The message can't be decompressed.", {}, {}, {}});
      case Unpacked::too_large:
        const std::string most = std::to_string(method_->max_body_bytes);
        return turn_away({Refusal::body_too_large, "The message exceeds " + most + " bytes.", {}, {}, {}});
    }
    auto bearer = service_.credential_fields.bearer(*method_, metadata_lines(context_, "authorization"));
    if (!bearer) return turn_away(bearer.error());
    door::Credentials credentials{*std::move(bearer)};
    if (credentials.bearer && buffer_.Length() == 0) {
      if (auto remembered = service_.remembered_replies.answer(*method_, *credentials.bearer)) {
        return *remembered ? send_remembered(*(*remembered)->protobuf) : turn_away(remembered->error());
      }
    }
    std::unique_ptr<contract::Message> request(method_->request_prototype->New());
    if (!grpc::SerializationTraits<contract::Message>::Deserialize(&buffer_, request.get()).ok()) {
      return turn_away({Refusal::malformed_request, "The message can't be read.", {}, {}, {}});
    }
    if (auto difference = difference_from_contract(*request)) return turn_away(*difference);
    auto inbound = inbound_with(*request, std::move(credentials));
    if (!inbound) return turn_away(inbound.error());
    service_.dispatcher.dispatch(*method_, *std::move(inbound), std::move(request),
                                 [this](door::Reply reply) { answer(std::move(reply)); });
  }

  void OnDone() override {
    service_.in_flight.end();
    delete this;
  }

 private:
  /// What is known of the call besides its message, into which the credentials beside it are filled.
  Result<door::Inbound> inbound_with(contract::Message& request, door::Credentials credentials) {
    const auto filled = service_.credential_fields.fill(*method_, request, credentials);
    if (!filled) return std::unexpected(filled.error());
    door::Inbound inbound;
    inbound.device_token = service_.credential_fields.device(*method_, request, credentials);
    inbound.access_token = std::move(credentials.bearer);
    inbound.address = address();
    tell_of_ignored_forwarding();
    inbound.trace_id = trace_id();
    // The call is alive until it is answered, and asked no later.
    inbound.cancelled = [this] { return context_.IsCancelled(); };
    const auto user_agent = metadata_of(context_, "user-agent").value_or("");
    if (inspect(user_agent).valid) inbound.user_agent = cut(user_agent, longest_user_agent);
    if (context_.deadline() != std::chrono::system_clock::time_point::max()) {
      inbound.deadline = std::chrono::time_point_cast<Duration>(context_.deadline());
    }
    return inbound;
  }

  std::string address() const {
    return service_.proxies.client_address(address_of_peer(context_.peer()),
                                           metadata_lines(context_, "x-forwarded-for"),
                                           metadata_lines(context_, "forwarded"));
  }

  /// A proxy that is not trusted makes all its clients share its address.
  void tell_of_ignored_forwarding() const {
    if (!metadata_of(context_, "x-forwarded-for") && !metadata_of(context_, "forwarded")) return;
    const std::string peer = address_of_peer(context_.peer());
    if (service_.proxies.trusts(std::string_view(peer))) return;
    service_.log.write(LogLevel::warning, "proxy.not_trusted", {{"address", peer}});
  }

  /// Made when it is first needed: most calls are answered without one.
  const std::string& trace_id() {
    if (trace_id_.empty()) trace_id_ = door::trace_id_of(metadata_of(context_, "traceparent"), service_.random);
    return trace_id_;
  }

  void answer(door::Reply reply) { reply ? send(**reply) : refuse(reply.error()); }

  void send(const contract::Message& reply) {
    buffer_.Clear();
    bool own_buffer = false;
    const auto written = grpc::SerializationTraits<contract::Message>::Serialize(reply, &buffer_, &own_buffer);
    if (!written.ok()) return refuse({Refusal::internal, {}, {}, {}, {}});
    name_request();
    StartWriteAndFinish(&buffer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void send_remembered(const std::string& reply) {
    const grpc::Slice slice(reply);
    buffer_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&buffer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  /// Refuses what does not reach the dispatcher, which writes the lines of what does.
  void turn_away(const Refused& refused) {
    log_refusal(name_of(refused.why), refused.field);
    refuse(refused);
  }

  void log_refusal(std::string_view code, std::string_view field) {
    service_.log.write(LogLevel::info, "grpc.refused",
                       {{"code", code},
                        {"field", field},
                        {"method", method_ ? method_->full_name : cut(context_.method(), longest_logged_method)},
                        {"address", address()},
                        {"trace_id", trace_id()}});
  }

  /// As X-Request-Id does over HTTP.
  void name_request() { context_.AddInitialMetadata("x-request-id", trace_id()); }

  void refuse(const Refused& refused) {
    name_request();
    Finish({static_cast<grpc::StatusCode>(contract::status_of(refused.why).grpc), status_message(refused),
            status_details(refused, trace_id())});
  }

  Service& service_;
  grpc::GenericCallbackServerContext& context_;
  const contract::Method* method_;
  std::string trace_id_;
  grpc::ByteBuffer buffer_;
};

/// grpc.health.v1.Health/Check.
class HealthCheck final : public grpc::ServerGenericBidiReactor {
 public:
  explicit HealthCheck(const Health& health) : health_(health) { StartRead(&buffer_); }

  void OnReadDone(bool ok) override {
    grpc::health::v1::HealthCheckRequest request;
    if (!ok || !read_small(buffer_, request)) return Finish(unreadable());
    grpc::health::v1::HealthCheckResponse response;
    response.set_status(health_.of(request.service()));
    if (response.status() == grpc::health::v1::HealthCheckResponse::SERVICE_UNKNOWN) {
      return Finish({grpc::StatusCode::NOT_FOUND, "There is no such service."});
    }
    buffer_ = bytes_of(response);
    StartWriteAndFinish(&buffer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void OnDone() override { delete this; }

 private:
  const Health& health_;
  grpc::ByteBuffer buffer_;
};

/// ServerReflectionInfo, of either version: an answer to each message, in turn, until the caller ends or is cancelled.
class ReflectionCall final : public grpc::ServerGenericBidiReactor {
 public:
  explicit ReflectionCall(const Reflection& reflection) : reflection_(reflection) { StartRead(&buffer_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    grpc::reflection::v1::ServerReflectionRequest request;
    if (!read_small(buffer_, request)) return Finish(unreadable());
    buffer_ = bytes_of(reflection_.answer(request));
    StartWrite(&buffer_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::CANCELLED, "The client cancelled the call."});
    buffer_.Clear();
    StartRead(&buffer_);
  }

  void OnDone() override { delete this; }

 private:
  const Reflection& reflection_;
  grpc::ByteBuffer buffer_;
};

class GenericService final : public grpc::CallbackGenericService {
 public:
  explicit GenericService(Service& service) : service_(service) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    const auto& method = context->method();
    if (method == "/grpc.health.v1.Health/Check") return new HealthCheck(service_.health);
    if (method == "/grpc.health.v1.Health/Watch") return new HealthWatch(service_.health);
    if (method == "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" ||
        method == "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo") {
      return new ReflectionCall(service_.reflection);
    }
    return new UnaryCall(service_, *context);
  }

 private:
  Service& service_;
};

/// The library writes to standard error by itself unless told otherwise, and its hook takes no context.
std::atomic<Log*> log_of_the_library = nullptr;

void take_library_line(gpr_log_func_args* line) {
  if (line->severity != GPR_LOG_SEVERITY_ERROR) return;
  // What it calls an error may be a client's doing: whatever matters to us comes back as a value as well.
  if (auto* log = log_of_the_library.load()) log->write(LogLevel::debug, "grpc.library", {{"message", line->message}});
}

std::string place(const std::string& address, int port) {
  return (address.find(':') == address.npos ? address : '[' + address + ']') + ':' + std::to_string(port);
}

}  // namespace

struct Server::Impl {
  Impl(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies, ServerOptions chosen,
       Random& random, Log& log_to_use)
      : options(std::move(chosen)),
        log(log_to_use),
        service{dispatcher,
                remembered_replies,
                random,
                log_to_use,
                TrustedProxies(options.trusted_proxies),
                door::CredentialFields(dispatcher.contract()),
                Reflection(dispatcher.contract().services()),
                Health(names_of(dispatcher.contract().services())),
                {},
                {}},
        generic_service(service) {}

  /// The addresses to listen on, each known to be free.
  std::vector<std::string> free_addresses();
  void check(const std::string& address, bool only_if_there, std::vector<std::string>& free);
  std::shared_ptr<grpc::ServerCredentials> credentials_for(const std::string& address) const;
  void build();
  void stop();

  const ServerOptions options;
  Log& log;
  Service service;
  GenericService generic_service;
  std::uint16_t port = 0;
  std::unique_ptr<grpc::Server> server;
};

std::vector<std::string> Server::Impl::free_addresses() {
  std::vector<std::string> free;
  for (const auto& address : options.addresses) {
    if (address == "localhost") {
      check("127.0.0.1", false, free);
      check("::1", true, free);
    } else if (address == "*") {
      // gRPC takes both families on ::, where the machine has it.
      const std::size_t before = free.size();
      check("::", true, free);
      if (free.size() == before) check("0.0.0.0", false, free);
    } else {
      check(address, false, free);
    }
  }
  if (free.empty()) throw ListenError("there is no address to listen on for gRPC");
  return free;
}

void Server::Impl::check(const std::string& text, bool only_if_there, std::vector<std::string>& free) {
  const auto address = parse_address(text);
  if (!address) throw ListenError("cannot listen on " + text + " for gRPC: it is not an IP address");
  if (!address->is_loopback() && !options.tls.given() && !options.plaintext_beyond_loopback) {
    throw ListenError("cannot listen on " + text +
                      " for gRPC: it is not a loopback address, and calls would travel "
                      "unencrypted");
  }
  // gRPC itself won't say why it can't.
  const int error = try_to_listen(*address, port, Families::both);
  if (only_if_there && (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)) return;
  if (error != 0)
    throw ListenError("cannot listen on " + place(text, port) + " for gRPC: " + std::generic_category().message(error));
  free.push_back(text);
}

std::shared_ptr<grpc::ServerCredentials> Server::Impl::credentials_for(const std::string& address) const {
  const auto parsed = parse_address(address);
  if (!options.tls.given() || (parsed && parsed->is_loopback())) return grpc::InsecureServerCredentials();
  constexpr unsigned seconds_between_looks = 1;
  grpc::experimental::TlsServerCredentialsOptions tls(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(options.tls.key, options.tls.chain,
                                                                           seconds_between_looks));
  tls.watch_identity_key_cert_pairs();
  tls.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  return grpc::experimental::TlsServerCredentials(tls);
}

void Server::Impl::build() {
  port = options.port;
  const auto addresses = free_addresses();
  std::vector<int> bound(addresses.size());
  grpc::ServerBuilder builder;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    builder.AddListeningPort(place(addresses[i], port), credentials_for(addresses[i]), &bound[i]);
  }
  // Otherwise two servers would share a port without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 128);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 300'000);
  builder.SetMaxReceiveMessageSize(static_cast<int>(service.dispatcher.contract().largest_body_bytes()));
  // gRPC looks at a message's size when all of it is there (grpc issue 43012): this bounds what arrives until then.
  builder.SetResourceQuota(grpc::ResourceQuota("ostiary").Resize(options.memory_bytes));
  // gRPC would unpack a message of any size: it is left to `unpack`, which knows gzip by its first bytes. Deflate has
  // none to be known by.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.RegisterCallbackGenericService(&generic_service);
  server = builder.BuildAndStart();
  if (!server) throw ListenError("cannot listen on " + place(addresses.front(), port) + " for gRPC");
  for (const auto& address : addresses) {
    log.write(LogLevel::info, "grpc.listening", {{"address", place(address, port)}});
  }
}

void Server::Impl::stop() {
  if (!server) return;
  // Calls at work have had their time; this is for the last bytes of those that are done.
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  server->Wait();
  server.reset();
  Log* mine = &log;
  log_of_the_library.compare_exchange_strong(mine, nullptr);
}

Server::Server(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies, ServerOptions options,
               Random& random, Log& log)
    : impl_(std::make_unique<Impl>(dispatcher, remembered_replies, std::move(options), random, log)) {}

Server::~Server() { impl_->stop(); }

void Server::start() {
  log_of_the_library = &impl_->log;
  gpr_set_log_function(take_library_line);
  // Debian builds Abseil with its search for deadlocks, which costs each call: it is for those who work on gRPC.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // Protobuf reports a malformed message on standard error; ours comes back as a status.
  google::protobuf::SetLogHandler(nullptr);
  impl_->build();
}

std::uint16_t Server::port() const { return impl_->port; }

void Server::set_serving(bool serving) { impl_->service.health.set_serving(serving && !impl_->service.draining); }

void Server::drain(std::chrono::steady_clock::time_point deadline) {
  if (!impl_->server) return;
  impl_->service.draining = true;
  impl_->service.health.set_serving(false);
  impl_->service.in_flight.wait_until_idle(deadline);
  impl_->stop();
}

}  // namespace ostiary::grpc_transport
