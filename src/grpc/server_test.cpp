#include "grpc/server.hpp"

#include <future>
#include <initializer_list>
#include <optional>
#include <set>

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "scaffolding/echo_service.hpp"

namespace ostiary::grpc_transport {
namespace {

using namespace std::chrono_literals;
using grpc::StatusCode;

std::chrono::steady_clock::time_point after(std::chrono::milliseconds wait) {
  return std::chrono::steady_clock::now() + wait;
}

/// The messages of grpc.health.v1 and of grpc.reflection.v1alpha that the tests need, as they are on the wire.
constexpr auto others = R"(
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse { int32 status = 1; }
  message ReflectionRequest { string list_services = 7; string file_containing_symbol = 4; }
  message ReflectionResponse {
    Files file_descriptor_response = 4;
    Services list_services_response = 6;
    Error error_response = 7;
  }
  message Error { int32 error_code = 1; }
  message Files { repeated bytes file_descriptor_proto = 1; }
  message Services { repeated Service service = 1; }
  message Service { string name = 1; }
)";

struct Outcome {
  grpc::Status status;
  std::unique_ptr<contract::Message> reply;

  std::string text(const char* field) const {
    return reply->GetReflection()->GetString(*reply, reply->GetDescriptor()->FindFieldByName(field));
  }
  std::string as_text() const {
    std::string text;
    google::protobuf::TextFormat::PrintToString(*reply, &text);
    return text;
  }
  google::rpc::ErrorInfo info() const {
    google::rpc::Status details;
    google::rpc::ErrorInfo info;
    EXPECT_TRUE(details.ParseFromString(status.error_details()));
    EXPECT_TRUE(details.details_size() > 0 && details.details(0).UnpackTo(&info));
    EXPECT_EQ(details.code(), status.error_code());
    return info;
  }
};

testing::WrittenContract& other() {
  static testing::WrittenContract contract(others);
  return contract;
}

/// A client without generated code, so that it can send what no generated client would.
class Client {
 public:
  explicit Client(const Server& server)
      : stub_(grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server.port()),
                                        grpc::InsecureChannelCredentials(), own_connection())) {}

  grpc::Status call_with_bytes(const std::string& path, const std::string& bytes, grpc::ByteBuffer& reply,
                               grpc::ClientContext& context) {
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    std::promise<grpc::Status> done;
    stub_.UnaryCall(&context, path, {}, &request, &reply,
                    [&](grpc::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }

  Outcome call(const std::string& path, const contract::Message& request, std::unique_ptr<contract::Message> reply,
               grpc::ClientContext&& context = {}) {
    grpc::ByteBuffer bytes;
    auto status = call_with_bytes(path, request.SerializeAsString(), bytes, context);
    const bool readable =
        !status.ok() || grpc::SerializationTraits<contract::Message>::Deserialize(&bytes, reply.get()).ok();
    EXPECT_TRUE(readable);
    return {std::move(status), std::move(reply)};
  }

 private:
  static grpc::ChannelArguments own_connection() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return arguments;
  }

  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub_;
};

struct GrpcServerTest : ::testing::Test {
  GrpcServerTest()
      : server(std::in_place, echo.dispatcher(), echo.remembered_replies(), here(), echo.random(), echo.log()) {
    server->start();
    client.emplace(*server);
  }

  static ServerOptions here() {
    ServerOptions options;
    options.addresses = {"127.0.0.1"};
    options.port = 0;
    options.trusted_proxies = {"127.0.0.0/8"};
    return options;
  }

  std::unique_ptr<contract::Message> message(testing::WrittenContract& contract, const std::string& type,
                                             const std::string& text) {
    auto made = contract.make(type);
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, made.get())) << text;
    return made;
  }

  Outcome call(const std::string& method, const std::string& request, grpc::ClientContext&& context = {}) {
    const std::string reply = method.starts_with("Who") || method == "WhichDevice" ? "WhoamiReply" : "SayReply";
    return client->call("/test.Echo/" + method, *message(echo.written(), method + "Request", request),
                        echo.written().make(reply), std::move(context));
  }

  grpc::Status call_with_bytes(const std::string& path, const std::string& bytes) {
    grpc::ClientContext context;
    grpc::ByteBuffer reply;
    return client->call_with_bytes(path, bytes, reply, context);
  }

  Outcome call_compressed(const std::string& method, const std::string& request,
                          grpc_compression_algorithm algorithm = GRPC_COMPRESS_GZIP) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    return call(method, request, std::move(context));
  }

  std::string health_of(const std::string& service) {
    const auto outcome = client->call("/grpc.health.v1.Health/Check",
                                      *message(other(), "HealthCheckRequest", "service: '" + service + "'"),
                                      other().make("HealthCheckResponse"));
    return outcome.status.ok() ? outcome.as_text() : outcome.status.error_message();
  }

  std::string reflected(const std::string& version, const std::string& request) {
    const auto outcome =
        client->call("/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
                     *message(other(), "ReflectionRequest", request), other().make("ReflectionResponse"));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    return outcome.as_text();
  }

  testing::EchoService echo;
  std::optional<Server> server;
  std::optional<Client> client;
};

TEST_F(GrpcServerTest, Answers) {
  const auto outcome = call("Say", "text: 'hello' inner { text: 'x' mood: MOOD_FINE }");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.text("text"), "hello");
}

TEST_F(GrpcServerTest, TellsTheDispatcherWhoCalls) {
  grpc::ClientContext context;
  context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const auto outcome = call("WhichDevice", "device_id: 'seven77'", std::move(context));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.text("address"), "127.0.0.1");
  EXPECT_EQ(outcome.text("trace_id"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(outcome.text("device"), "7");
  EXPECT_NE(outcome.text("user_agent").find("grpc-c++/"), std::string::npos);

  const auto without = call("Whoami", "");
  EXPECT_EQ(without.text("trace_id").size(), 32u);
  EXPECT_EQ(without.text("device"), "");
}

TEST_F(GrpcServerTest, ARefusalHasItsDetails) {
  const auto outcome = call("Say", "text: 'taken'");
  EXPECT_EQ(outcome.status.error_code(), StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(outcome.status.error_message(), "Somebody has it.");
  const auto info = outcome.info();
  EXPECT_EQ(info.reason(), "username_taken");
  EXPECT_EQ(info.domain(), "ostiary");
  EXPECT_EQ(info.metadata().at("field"), "text");
  EXPECT_EQ(info.metadata().at("suggestion"), "taken2");
  EXPECT_EQ(info.metadata().at("trace_id").size(), 32u);
}

TEST_F(GrpcServerTest, TheRulesOfFieldsHold) {
  EXPECT_EQ(call("Say", "").info().reason(), "missing_field");
  EXPECT_EQ(call("Say", "text: 'a' inner { text: '12345678901' }").info().metadata().at("field"), "inner.text");
}

TEST_F(GrpcServerTest, AnUnknownMethodIsUnimplemented) {
  EXPECT_EQ(call_with_bytes("/test.Echo/Shout", "").error_code(), StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(call_with_bytes("/", "").error_code(), StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServerTest, WhatDiffersFromTheContractIsRefused) {
  const auto bytes = [](std::initializer_list<int> all) { return std::string(all.begin(), all.end()); };
  struct Row {
    std::string request;
    std::string reason;
  };
  const Row rows[] = {
      {bytes({0x0a, 1, 'a', 0x78, 1}), "unknown_field"},           // field 15
      {bytes({0x0a, 1, 'a', 0x12, 2, 0x78, 1}), "unknown_field"},  // field 15 of inner
      {bytes({0x0a, 1, 'a', 0x18, 9}), "invalid_field"},           // an enum's number without a name
      {bytes({0x08, 1}), "unknown_field"},                         // text as a number
      {bytes({0x0a, 100, 'a'}), "malformed_request"},              // cut
      {bytes({0x0a, 2, 0xc3, 0x28}), "malformed_request"},         // not UTF-8
      {bytes({0xff, 0xff, 0xff, 0xff, 0xff}), "malformed_request"},
  };
  for (const auto& row : rows) {
    Outcome outcome{call_with_bytes("/test.Echo/Say", row.request), nullptr};
    EXPECT_EQ(outcome.status.error_code(), StatusCode::INVALID_ARGUMENT) << row.reason;
    EXPECT_EQ(outcome.info().reason(), row.reason);
  }
}

// B23
TEST_F(GrpcServerTest, LimitsTheSizeOfAMessage) {
  const auto fits = echo.written().make("SayRequest");
  const std::string text(64 * 1024 - 4, 'x');
  EXPECT_TRUE(call("Say", "text: '" + text + "'").status.ok());
  const auto larger = call("Say", "text: '" + text + "x'");
  EXPECT_EQ(larger.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(larger.info().reason(), "body_too_large") << "the transport itself takes as much as the largest call";
  grpc::ClientContext talkative;
  talkative.AddMetadata("x-long", std::string(20'000, 'x'));
  EXPECT_EQ(call("Say", "text: 'a'", std::move(talkative)).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(GrpcServerTest, TakesMessagesInGzip) {
  const std::string text(60'000, 'x');
  EXPECT_EQ(call_compressed("Say", "text: '" + text + "'").text("text"), text);
  EXPECT_EQ(call_compressed("Whoami", "").text("address"), "127.0.0.1") << "an empty message";
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const auto health =
      client->call("/grpc.health.v1.Health/Check", *message(other(), "HealthCheckRequest", "service: 'test.Echo'"),
                   other().make("HealthCheckResponse"), std::move(context));
  EXPECT_EQ(health.as_text(), "status: 1\n");
  // Deflate can't be told from a message that is not compressed.
  const auto refused = call_compressed("Say", "text: 'x'", GRPC_COMPRESS_DEFLATE);
  EXPECT_EQ(refused.status.error_code(), StatusCode::UNIMPLEMENTED) << refused.status.error_message();
}

// B23: a small message could become a large one.
TEST_F(GrpcServerTest, LimitsWhatACompressedMessageUnpacksTo) {
  for (const std::size_t size : {65'533UL, 1'000'000UL, 50'000'000UL}) {
    const auto outcome = call_compressed("Say", "text: '" + std::string(size, 'x') + "'");
    EXPECT_EQ(outcome.status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << outcome.status.error_message();
    EXPECT_EQ(outcome.info().reason(), "body_too_large") << size;
  }
  const Outcome broken{call_with_bytes("/test.Echo/Say", "\x1f\x8b\x08 broken"), nullptr};
  EXPECT_EQ(broken.info().reason(), "malformed_request");
}

TEST_F(GrpcServerTest, NamesTheRequestInTheMetadata) {
  const std::string trace(32, 'a');
  const auto id_of = [&](const std::string& text) {
    grpc::ClientContext context;
    context.AddMetadata("traceparent", "00-" + trace + "-00f067aa0ba902b7-01");
    grpc::ByteBuffer reply;
    client->call_with_bytes("/test.Echo/Say", message(echo.written(), "SayRequest", text)->SerializeAsString(), reply,
                            context);
    const auto& initial = context.GetServerInitialMetadata();
    const auto found = initial.find("x-request-id");
    return found == initial.end() ? std::string() : std::string(found->second.data(), found->second.size());
  };
  EXPECT_EQ(id_of("text: 'hello'"), trace);
}

TEST_F(GrpcServerTest, ACallWithoutAMessageIsRefused) {
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  grpc::GenericStub stub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()), grpc::InsecureChannelCredentials()));
  const auto stream = stub.PrepareCall(&context, "/test.Echo/Say", &queue);
  const auto wait = [&] {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
  };
  stream->StartCall(nullptr);
  wait();
  stream->WritesDone(nullptr);
  wait();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  wait();
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ((Outcome{status, nullptr}).info().reason(), "malformed_request");
}

TEST_F(GrpcServerTest, OneBearerTokenIsTaken) {
  const auto called = [&](const char* method, std::initializer_list<const char*> values) {
    grpc::ClientContext context;
    for (const auto* value : values) context.AddMetadata("authorization", value);
    return call(method, "", std::move(context));
  };
  for (const std::initializer_list<const char*> values :
       {std::initializer_list<const char*>{"Bearer a", "Bearer b"}, {"Basic a"}, {}}) {
    const auto refused = called("WhoIsIn", values);
    EXPECT_EQ(refused.status.error_code(), StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(refused.info().reason(), "not_authenticated");
    EXPECT_TRUE(called("Whoami", values).status.ok()) << "it needs nobody";
    EXPECT_EQ(called("WhichToken", values).text("text"), "") << "it can't use them";
  }
  EXPECT_TRUE(called("WhoIsIn", {"bearer a.b.c"}).status.ok());
}

// The same function as over HTTP, which has its own table of cases.
TEST_F(GrpcServerTest, BelievesATrustedProxy) {
  grpc::ClientContext context;
  context.AddMetadata("x-forwarded-for", "198.51.100.1, 203.0.113.7");
  context.AddMetadata("x-forwarded-for", "127.0.0.9");
  EXPECT_EQ(call("Whoami", "", std::move(context)).text("address"), "203.0.113.7");
  auto untrusting = here();
  untrusting.trusted_proxies = {"10.0.0.0/8"};
  Server other(echo.dispatcher(), echo.remembered_replies(), untrusting, echo.random(), echo.log());
  other.start();
  client.emplace(other);
  grpc::ClientContext forging;
  forging.AddMetadata("x-forwarded-for", "203.0.113.7");
  EXPECT_EQ(call("Whoami", "", std::move(forging)).text("address"), "127.0.0.1");
}

TEST_F(GrpcServerTest, BelievesTheStandardHeaderOfATrustedProxy) {
  const auto address_by = [&](const std::string& forwarded, const std::string& forwarded_for) {
    grpc::ClientContext context;
    context.AddMetadata("forwarded", forwarded);
    if (!forwarded_for.empty()) context.AddMetadata("x-forwarded-for", forwarded_for);
    return call("Whoami", "", std::move(context)).text("address");
  };
  EXPECT_EQ(address_by(R"(for="[2001:db8::7]:1";proto=https)", ""), "2001:db8::7");
  EXPECT_EQ(address_by("for=203.0.113.7", "203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(address_by("for=203.0.113.7", "203.0.113.8"), "127.0.0.1") << "one of them is the client's own";
  EXPECT_EQ(echo.log().count("proxy.not_trusted"), 0);
}

TEST_F(GrpcServerTest, TellsOfAProxyThatIsNotTrusted) {
  auto untrusting = here();
  untrusting.trusted_proxies = {};
  Server other(echo.dispatcher(), echo.remembered_replies(), untrusting, echo.random(), echo.log());
  other.start();
  client.emplace(other);
  for (const char* name : {"x-forwarded-for", "forwarded"}) {
    grpc::ClientContext context;
    context.AddMetadata(name, "for=203.0.113.7");
    EXPECT_EQ(call("Whoami", "", std::move(context)).text("address"), "127.0.0.1");
  }
  EXPECT_EQ(call("Whoami", "").text("address"), "127.0.0.1");
  EXPECT_EQ(echo.log().count("warning proxy.not_trusted address=127.0.0.1"), 2);
}

TEST_F(GrpcServerTest, FillsTheTokenFromTheMetadata) {
  const auto called = [&](const std::string& request) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer t");
    return call("WhichToken", request, std::move(context));
  };
  EXPECT_EQ(called("").text("text"), "t");
  EXPECT_EQ(called("access_token: 't'").text("text"), "t");
  EXPECT_EQ(called("access_token: 'other'").info().reason(), "conflicting_credentials");
}

// The line that the caller's trace id finds.
TEST_F(GrpcServerTest, WritesALineForWhatDoesNotReachTheDispatcher) {
  const std::string trace(32, 'a');
  const auto refused_with = [&](const char* name, const std::string& value, const std::string& request) {
    grpc::ClientContext context;
    context.AddMetadata("traceparent", "00-" + trace + "-00f067aa0ba902b7-01");
    context.AddMetadata("x-forwarded-for", "203.0.113.7");
    context.AddMetadata(name, value);
    return call("WhichToken", request, std::move(context)).info().reason();
  };
  const auto line = [&](const std::string& code, const std::string& field) {
    return "info grpc.refused code=" + code + " field=" + field +
           " method=test.Echo.WhichToken address=203.0.113.7 trace_id=" + trace;
  };
  EXPECT_EQ(refused_with("authorization", "Bearer t", "access_token: 'other'"), "conflicting_credentials");
  EXPECT_EQ(echo.log().count(line("conflicting_credentials", "access_token")), 1);
  EXPECT_EQ(refused_with("x", "y", "access_token: '" + std::string(65'536, 'x') + "'"), "body_too_large");
  EXPECT_EQ(echo.log().count(line("body_too_large", "")), 1);
  EXPECT_EQ(echo.log().count("grpc.refused"), 2);
  EXPECT_EQ(refused_with("x", "y", "access_token: '" + std::string(65, 'x') + "'"), "invalid_field");
  EXPECT_EQ(echo.log().count("grpc.refused"), 2) << "the dispatcher writes this one";
  call_with_bytes("/test.Echo/WhichToken", std::string("\xff\xff\xff", 3));
  EXPECT_EQ(echo.log().count("info grpc.refused code=malformed_request"), 1);
}

TEST_F(GrpcServerTest, TakesRawBodiesAsMessages) {
  const auto store = [&](std::size_t bytes) {
    google::api::HttpBody body;
    body.set_content_type("image/png");
    body.set_data(std::string(bytes, 'x'));
    return client->call("/test.Echo/Store", body, echo.written().make("SayReply"));
  };
  EXPECT_EQ(store(100'000).text("text"), "100000") << "more than other calls take";
  EXPECT_EQ(store(131'073).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  google::api::HttpBody extended;
  extended.add_extensions();
  const auto refused = client->call("/test.Echo/Store", extended, echo.written().make("SayReply"));
  EXPECT_EQ(refused.info().reason(), "unknown_field");
}

TEST_F(GrpcServerTest, AnswersWithWhatIsReady) {
  const auto address_for = [&](const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    return call("WhoIsIn", "", std::move(context)).text("address");
  };
  EXPECT_EQ(address_for("kept"), "known beforehand");
  EXPECT_EQ(address_for("other"), "127.0.0.1");
}

TEST_F(GrpcServerTest, ADeadlineAndACancellationAreSurvived) {
  grpc::ClientContext hasty;
  hasty.set_deadline(std::chrono::system_clock::now() + 200ms);
  EXPECT_EQ(call("Hold", "", std::move(hasty)).status.error_code(), StatusCode::DEADLINE_EXCEEDED);

  grpc::ClientContext context;
  auto cancelled = std::async(std::launch::async, [&] {
    grpc::ByteBuffer reply;
    return client->call_with_bytes("/test.Echo/Hold", "", reply, context);
  });
  echo.wait_until_held(2);
  context.TryCancel();
  EXPECT_EQ(cancelled.get().error_code(), StatusCode::CANCELLED);
  // The answers come all the same, and nobody is there to take them.
  echo.let_go();
  EXPECT_TRUE(call("Say", "text: 'still here'").status.ok());
}

TEST_F(GrpcServerTest, TellsItsHealth) {
  EXPECT_EQ(health_of(""), "status: 1\n");
  EXPECT_EQ(health_of("test.Echo"), "status: 1\n");
  EXPECT_EQ(health_of("test.Nothing"), "There is no such service.");
  server->set_serving(false);
  EXPECT_EQ(health_of(""), "status: 2\n");
  EXPECT_EQ(health_of("test.Echo"), "status: 2\n");
  EXPECT_TRUE(call("Say", "text: 'still answered'").status.ok());
  server->set_serving(true);
  EXPECT_EQ(health_of("test.Echo"), "status: 1\n");
}

/// A watch of grpc.health.v1, whose statuses are read one by one.
class Watching {
 public:
  Watching(const Server& server, std::unique_ptr<contract::Message> request)
      : stub_(grpc::CreateChannel("127.0.0.1:" + std::to_string(server.port()), grpc::InsecureChannelCredentials())),
        stream_(stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_)) {
    stream_->StartCall(nullptr);
    next();
    const grpc::Slice slice(request->SerializeAsString());
    stream_->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
    next();
  }
  ~Watching() {
    context_.TryCancel();
    status();
  }

  /// Waits for it; empty at the end.
  std::string reads() {
    grpc::ByteBuffer bytes;
    stream_->Read(&bytes, nullptr);
    if (!next()) return "";
    auto response = other().make("HealthCheckResponse");
    EXPECT_TRUE(grpc::SerializationTraits<contract::Message>::Deserialize(&bytes, response.get()).ok());
    return Outcome{{}, std::move(response)}.as_text();
  }

  StatusCode status() {
    if (std::exchange(finished_, true)) return status_.error_code();
    stream_->Finish(&status_, nullptr);
    next();
    return status_.error_code();
  }

 private:
  bool next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::Status status_;
  bool finished_ = false;
};

TEST_F(GrpcServerTest, TellsWhoeverWatchesItsHealth) {
  Watching all(*server, message(other(), "HealthCheckRequest", ""));
  Watching one(*server, message(other(), "HealthCheckRequest", "service: 'test.Echo'"));
  Watching unknown(*server, message(other(), "HealthCheckRequest", "service: 'test.Nothing'"));
  EXPECT_EQ(all.reads(), "status: 1\n");
  EXPECT_EQ(one.reads(), "status: 1\n");
  EXPECT_EQ(unknown.reads(), "status: 3\n");
  server->set_serving(true);
  server->set_serving(false);
  EXPECT_EQ(all.reads(), "status: 2\n");
  EXPECT_EQ(one.reads(), "status: 2\n");
  server->set_serving(true);
  EXPECT_EQ(all.reads(), "status: 1\n");
  {
    Watching gone(*server, message(other(), "HealthCheckRequest", ""));
    EXPECT_EQ(gone.reads(), "status: 1\n");
  }
  server->drain(after(10s));
  EXPECT_EQ(all.reads(), "status: 2\n");
  EXPECT_EQ(all.reads(), "") << "a watch is no call to wait for";
  EXPECT_NE(all.status(), StatusCode::OK);
  server->set_serving(true);  // nobody is there to be told
}

TEST_F(GrpcServerTest, ReflectionListsItsServices) {
  for (const std::string version : {"v1", "v1alpha"}) {
    const auto outcome = reflected(version, "list_services: '*'");
    for (const std::string name : {"test.Echo", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                   "grpc.reflection.v1alpha.ServerReflection"}) {
      EXPECT_NE(outcome.find("name: \"" + name + "\""), std::string::npos) << outcome;
    }
  }
}

TEST_F(GrpcServerTest, ReflectionDescribesAllThatItLists) {
  for (const std::string version : {"v1", "v1alpha"}) {
    const auto describes = [&](const std::string& symbol, const std::string& what) {
      EXPECT_NE(reflected(version, "file_containing_symbol: '" + symbol + "'").find(what), std::string::npos) << symbol;
    };
    describes("test.Echo", "SayRequest");
    describes("grpc.health.v1.Health", "HealthCheckRequest");
    describes("grpc.reflection.v1.ServerReflection", "ServerReflectionRequest");
    describes("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionRequest");
    EXPECT_NE(reflected(version, "file_containing_symbol: 'test.Nothing'").find("error_code: 5"), std::string::npos);
    EXPECT_NE(reflected(version, "").find("error_code: 3"), std::string::npos);
  }
}

TEST_F(GrpcServerTest, ReflectionDescribesTheContract) {
  const auto outcome = reflected("v1alpha", "file_containing_symbol: 'ostiary.v1.AuthService'");
  EXPECT_NE(outcome.find("LoginRequest"), std::string::npos);
  EXPECT_NE(outcome.find("ostiary/options.proto"), std::string::npos) << "with what it imports";
}

TEST_F(GrpcServerTest, DrainsByFinishingWhatHasBegun) {
  auto held = std::async(std::launch::async, [&] { return call("Hold", ""); });
  echo.wait_until_held(1);
  auto drained = std::async(std::launch::async, [&] { server->drain(after(10s)); });
  Outcome refused;
  do {
    refused = call("Say", "text: 'late'");
  } while (refused.status.ok());
  EXPECT_EQ(refused.status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(refused.info().reason(), "unavailable");
  EXPECT_EQ(health_of(""), "status: 2\n");
  EXPECT_EQ(health_of("test.Echo"), "status: 2\n");
  echo.let_go();
  const auto outcome = held.get();
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.text("text"), "held");
  drained.get();
}

TEST_F(GrpcServerTest, SaysWhereItCannotListen) {
  const auto refusal_of = [&](const ServerOptions& options) {
    Server second(echo.dispatcher(), echo.remembered_replies(), options, echo.random(), echo.log());
    try {
      second.start();
    } catch (const ListenError& error) {
      return std::string(error.what());
    }
    return std::string("listening");
  };
  auto options = here();
  options.port = server->port();
  EXPECT_EQ(refusal_of(options),
            "cannot listen on 127.0.0.1:" + std::to_string(options.port) + " for gRPC: Address already in use");
  options.addresses = {"localhost"};
  EXPECT_NE(refusal_of(options).find("Address already in use"), std::string::npos);
  options.addresses = {"nonsense"};
  EXPECT_EQ(refusal_of(options), "cannot listen on nonsense for gRPC: it is not an IP address");
  // B23: no plaintext beyond this machine unless told so.
  options.addresses = {"0.0.0.0"};
  EXPECT_NE(refusal_of(options).find("it is not a loopback address"), std::string::npos);
  options.plaintext_beyond_loopback = true;
  options.port = 0;
  EXPECT_EQ(refusal_of(options), "listening");
  options.addresses = {"localhost"};
  EXPECT_EQ(refusal_of(options), "listening");
}

}  // namespace
}  // namespace ostiary::grpc_transport
