#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include "grpc/health/v1/health.pb.h"

namespace ostiary::grpc_transport {

class HealthWatch;

/// What grpc.health.v1 says: the same of every service, and of the server, whose name is empty. Thread-safe.
class Health {
 public:
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;

  explicit Health(std::set<std::string, std::less<>> services);
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  /// Tells whoever watches, where it changes something.
  void set_serving(bool serving);

  /// SERVICE_UNKNOWN for one that is not there.
  Status of(std::string_view service) const;

 private:
  friend class HealthWatch;

  /// Of a service that is there. The caller holds the lock.
  Status status() const;

  const std::set<std::string, std::less<>> services_;
  mutable std::mutex mutex_;
  bool serving_ = true;
  std::set<HealthWatch*> watches_;
};

/// A call that is told a service's status at once, and after each change, until it is cancelled. gRPC owns it.
class HealthWatch final : public grpc::ServerGenericBidiReactor {
 public:
  /// Begins to read the request.
  explicit HealthWatch(Health& health);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  friend class Health;

  void tell_what_changed();
  void finish(const grpc::Status& status);

  Health& health_;
  grpc::ByteBuffer buffer_;
  bool is_unknown_ = false;  ///< there is no such service, and there will be none

  std::mutex mutex_;  ///< gRPC's events and changes of the status come from any thread
  std::optional<Health::Status> told_;
  bool writing_ = false;
  bool finished_ = false;
};

}  // namespace ostiary::grpc_transport
