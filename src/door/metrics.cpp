#include "door/metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <unordered_map>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace ostiary::door {

namespace {

/// From a session check that hits the cache (microseconds) to what a caller gives up on.
const prometheus::Histogram::BucketBoundaries call_bounds{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                          0.1,    0.25,   0.5,   1,      2.5,   5,    10};
const prometheus::Histogram::BucketBoundaries hash_bounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};

constexpr std::size_t outcomes = refusal_names.size() + 1;  ///< the refusals, and success

double in_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// "AuthService.Login".
std::string short_name(const contract::Method& method) {
  return method.descriptor->service()->name() + "." + method.descriptor->name();
}

prometheus::ClientMetric to_metric(const Metrics::Sample& sample, Metrics::Kind kind) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  (kind == Metrics::Kind::counter ? metric.counter.value : metric.gauge.value) = sample.value;
  return metric;
}

/// The series of one call. Those of an outcome that is no alarm appear with its first occurrence.
struct CallSeries {
  prometheus::Histogram* seconds;
  std::array<std::atomic<prometheus::Counter*>, outcomes> answers{};
};

}  // namespace

struct Metrics::Impl {
  struct Watched {
    std::string name, help;
    Kind kind;
    std::function<std::vector<Sample>()> read;
  };

  prometheus::Counter& counter_of(const contract::Method& method, CallSeries& series, std::optional<Refusal> why) {
    auto& slot = series.answers[why ? static_cast<std::size_t>(*why) + 1 : 0];
    if (auto* const counter = slot.load(std::memory_order_acquire)) return *counter;
    auto& counter = answers.Add({{"call", short_name(method)}, {"code", std::string(why ? name_of(*why) : "ok")}});
    slot.store(&counter, std::memory_order_release);
    return counter;
  }

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& answers =
      prometheus::BuildCounter().Name("ostiary_calls_total").Help("Calls by what came of them").Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds = prometheus::BuildHistogram()
                                                           .Name("ostiary_call_seconds")
                                                           .Help("From a call's arrival to its answer")
                                                           .Register(registry);
  prometheus::Histogram& hash_seconds = prometheus::BuildHistogram()
                                            .Name("ostiary_password_hash_seconds")
                                            .Help("Computing one password hash, without waiting for a thread")
                                            .Register(registry)
                                            .Add({}, hash_bounds);
  std::unordered_map<const contract::Method*, CallSeries> calls;
  mutable std::mutex mutex;
  std::vector<Watched> watched;
};

Metrics::Metrics(const contract::Contract& contract) : impl_(std::make_unique<Impl>()) {
  for (const contract::Method& method : contract.methods()) {
    auto& series = impl_->calls[&method];
    series.seconds = &impl_->seconds.Add({{"call", short_name(method)}}, call_bounds);
    // An alarm on a counter's increase sees none in a series that begins at 1.
    for (const auto why : {Refusal::internal, Refusal::unavailable}) impl_->counter_of(method, series, why);
  }
}

Metrics::~Metrics() = default;

void Metrics::answered(const contract::Method& method, std::optional<Refusal> why, std::chrono::nanoseconds took) {
  CallSeries& series = impl_->calls.at(&method);
  impl_->counter_of(method, series, why).Increment();
  series.seconds->Observe(in_seconds(took));
}

void Metrics::hashed(std::chrono::nanoseconds took) { impl_->hash_seconds.Observe(in_seconds(took)); }

void Metrics::watch(std::string name, std::string help, Kind kind, std::function<std::vector<Sample>()> read) {
  const std::lock_guard lock(impl_->mutex);
  impl_->watched.push_back({std::move(name), std::move(help), kind, std::move(read)});
}

std::string Metrics::text() const {
  auto families = impl_->registry.Collect();
  const std::lock_guard lock(impl_->mutex);
  for (const auto& watched : impl_->watched) {
    prometheus::MetricFamily family;
    family.name = watched.name;
    family.help = watched.help;
    family.type = watched.kind == Kind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (const Sample& sample : watched.read()) family.metric.push_back(to_metric(sample, watched.kind));
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

namespace {

/// Pages of memory that are resident.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  long total = 0, resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  // One of them is the iterator's own.
  return error ? 0 : static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

double descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void watch_process(Metrics& metrics) {
  const auto add = [&](const char* name, const char* help, Metrics::Kind kind, std::function<double()> read) {
    metrics.watch(name, help, kind, [read = std::move(read)] { return std::vector<Metrics::Sample>{{{}, read()}}; });
  };
  const double started = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  add("process_start_time_seconds", "When it was started, since the epoch", Metrics::Kind::gauge,
      [started] { return started; });
  add("process_cpu_seconds_total", "Processor time, the kernel's on its behalf included", Metrics::Kind::counter,
      cpu_seconds);
  add("process_resident_memory_bytes", "Memory that is resident", Metrics::Kind::gauge, resident_bytes);
  add("process_open_fds", "Open descriptors", Metrics::Kind::gauge, open_descriptors);
  add("process_max_fds", "Descriptors that may be open", Metrics::Kind::gauge, descriptor_limit);
}

}  // namespace ostiary::door
