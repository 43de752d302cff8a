#include "grpc_load.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

namespace ostiary::bench {
namespace {

std::shared_ptr<grpc::Channel> channel_to(std::uint16_t port) {
  return grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
}

/// Calls again as soon as it has its answer.
class Caller {
 public:
  Caller(grpc::GenericStub& stub, const GrpcLoad& load, std::chrono::steady_clock::time_point end)
      : stub_(stub), load_(load), end_(end) {}

  void call() {
    context_ = std::make_unique<grpc::ClientContext>();
    if (!load_.bearer.empty()) context_->AddMetadata("authorization", "Bearer " + load_.bearer);
    const grpc::Slice nothing;
    request_ = grpc::ByteBuffer(&nothing, 1);
    reply_.Clear();
    stub_.UnaryCall(context_.get(), load_.method, {}, &request_, &reply_,
                    [this](const grpc::Status& status) { answered(status); });
  }

  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return is_done_; });
    if (!error_.empty()) throw std::runtime_error(load_.method + ": " + error_);
  }

  std::uint64_t answers() const { return answers_; }
  std::string reply() const {
    grpc::Slice whole;
    if (!reply_.DumpToSingleSlice(&whole).ok()) throw std::runtime_error("the answer can't be read");
    return {reinterpret_cast<const char*>(whole.begin()), whole.size()};
  }

 private:
  void answered(const grpc::Status& status) {
    if (status.ok()) ++answers_;
    if (status.ok() && std::chrono::steady_clock::now() < end_) return call();
    const std::lock_guard lock(mutex_);
    if (!status.ok()) error_ = status.error_message();
    is_done_ = true;
    done_.notify_one();
  }

  grpc::GenericStub& stub_;
  const GrpcLoad& load_;
  const std::chrono::steady_clock::time_point end_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::ByteBuffer request_, reply_;
  std::uint64_t answers_ = 0;
  std::mutex mutex_;
  std::condition_variable done_;
  bool is_done_ = false;
  std::string error_;
};

}  // namespace

std::uint64_t run(const GrpcLoad& load) {
  grpc::GenericStub stub(channel_to(load.port));
  const auto end = std::chrono::steady_clock::now() + load.duration;
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < load.in_flight; ++i) callers.push_back(std::make_unique<Caller>(stub, load, end));
  for (const auto& caller : callers) caller->call();
  std::uint64_t answers = 0;
  for (const auto& caller : callers) {
    caller->wait();
    answers += caller->answers();
  }
  return answers;
}

std::string call(std::uint16_t port, const std::string& method, const std::string& bearer) {
  const GrpcLoad load{.port = port, .method = method, .bearer = bearer, .duration = {}};
  grpc::GenericStub stub(channel_to(port));
  Caller caller(stub, load, std::chrono::steady_clock::now());
  caller.call();
  caller.wait();
  return caller.reply();
}

}  // namespace ostiary::bench
