#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include "bare_servers.hpp"

namespace ostiary::bench {
namespace {

class Answer final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Answer(grpc::ByteBuffer bytes) : bytes_(std::move(bytes)) { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartWriteAndFinish(&bytes_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_, bytes_;
};

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(const std::string& answer) : slice_(answer) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Answer(grpc::ByteBuffer(&slice_, 1));
  }

 private:
  grpc::Slice slice_;
};

}  // namespace

void serve_bare_grpc(std::uint16_t port, const std::string& answer) {
  Service service(answer);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(&service);
  const auto server = builder.BuildAndStart();
  if (!server) throw std::runtime_error("the bare gRPC server can't listen");
  server->Wait();
}

}  // namespace ostiary::bench
