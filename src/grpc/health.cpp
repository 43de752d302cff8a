#include "grpc/health.hpp"

#include <utility>

#include "grpc/small_message.hpp"

namespace ostiary::grpc_transport {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

Health::Health(std::set<std::string, std::less<>> services) : services_(std::move(services)) {}

void Health::set_serving(bool serving) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(serving_, serving) == serving) return;
  for (auto* const watch : watches_) watch->tell_what_changed();
}

Health::Status Health::of(std::string_view service) const {
  if (!service.empty() && !services_.contains(service)) return HealthCheckResponse::SERVICE_UNKNOWN;
  const std::lock_guard lock(mutex_);
  return status();
}

Health::Status Health::status() const {
  return serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

HealthWatch::HealthWatch(Health& health) : health_(health) { StartRead(&buffer_); }

void HealthWatch::OnReadDone(bool ok) {
  HealthCheckRequest request;
  if (!ok || !read_small(buffer_, request)) return finish(unreadable());
  is_unknown_ = health_.of(request.service()) == HealthCheckResponse::SERVICE_UNKNOWN;
  const std::lock_guard lock(health_.mutex_);
  health_.watches_.insert(this);
  tell_what_changed();
}

/// The caller holds the health's lock, which is taken before this one's.
void HealthWatch::tell_what_changed() {
  const std::lock_guard lock(mutex_);
  if (writing_ || finished_) return;
  const auto status = is_unknown_ ? HealthCheckResponse::SERVICE_UNKNOWN : health_.status();
  if (told_ == status) return;
  told_ = status;
  HealthCheckResponse response;
  response.set_status(status);
  buffer_ = bytes_of(response);
  writing_ = true;
  StartWrite(&buffer_);
}

void HealthWatch::OnWriteDone(bool ok) {
  if (!ok) return finish({grpc::StatusCode::CANCELLED, "The client cancelled the call."});
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  const std::lock_guard lock(health_.mutex_);
  tell_what_changed();
}

void HealthWatch::OnCancel() {
  finish({grpc::StatusCode::CANCELLED, "The client cancelled the call, or the server is shutting down."});
}

void HealthWatch::finish(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(finished_, true)) Finish(status);
}

void HealthWatch::OnDone() {
  {
    const std::lock_guard lock(health_.mutex_);
    health_.watches_.erase(this);
  }
  delete this;
}

}  // namespace ostiary::grpc_transport
