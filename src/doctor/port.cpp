#include "doctor/port.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

#include "base/listening.hpp"

namespace ostiary::doctor {

namespace {

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

bool is_v6(const std::string& address) { return address.find(':') != std::string::npos; }

std::size_t keep(char* text, std::size_t size, std::size_t count, void* kept) {
  constexpr std::size_t most = 256 * 1024;
  auto& target = *static_cast<std::string*>(kept);
  if (target.size() + size * count > most) return 0;
  target.append(text, size * count);
  return size * count;
}

/// A host to connect to where a server listens on `address`.
std::string host_at(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  if (address == "::") return "[::1]";
  return is_v6(address) ? "[" + address + "]" : address;
}

CurlHandle client(const std::string& url, std::string& headers, std::string& body) {
  CurlHandle handle(curl_easy_init(), &curl_easy_cleanup);
  if (!handle) throw std::bad_alloc();
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, 2L);
  // Nothing is told and nothing believed: whoever answers there has the port.
  curl_easy_setopt(handle.get(), CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(handle.get(), CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERFUNCTION, keep);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERDATA, &headers);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  return handle;
}

bool answers_health(const std::string& place) {
  for (const std::string scheme : {"http://", "https://"}) {
    std::string headers, body;
    const auto handle = client(scheme + place + "/health", headers, body);
    if (curl_easy_perform(handle.get()) == CURLE_OK && body == R"({"status":"ok"})") return true;
  }
  return false;
}

/// Asks grpc.health.v1 for a service that only an Ostiary has. What it answers does not matter, but that it knows it.
bool answers_grpc_health(const std::string& place) {
  static constexpr std::string_view service = "ostiary.v1.SystemService";
  // A message of one field, length before it; and before that five bytes: not compressed, so long (gRPC over HTTP/2).
  const std::string message = std::string("\x0a") + static_cast<char>(service.size()) + std::string(service);
  const std::string frame = std::string(4, '\0') + static_cast<char>(message.size()) + message;
  for (const auto& [scheme, version] :
       {std::pair("http://", CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE), std::pair("https://", CURL_HTTP_VERSION_2TLS)}) {
    std::string headers, body;
    const auto handle = client(scheme + place + "/grpc.health.v1.Health/Check", headers, body);
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> sent(
        curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/grpc"), "TE: trailers"),
        &curl_slist_free_all);
    curl_easy_setopt(handle.get(), CURLOPT_HTTP_VERSION, static_cast<long>(version));
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, sent.get());
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(frame.size()));
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, frame.data());
    if (curl_easy_perform(handle.get()) == CURLE_OK && headers.find("grpc-status: 0\r\n") != std::string::npos)
      return true;
  }
  return false;
}

}  // namespace

PortState look_at_port(const std::string& address, std::uint16_t port, Protocol protocol) {
  const auto parsed = parse_address(address);
  std::uint16_t tried = port;
  switch (parsed ? try_to_listen(*parsed, tried, Families::own) : EADDRNOTAVAIL) {
    case 0: return PortState::free;
    case EACCES: return PortState::forbidden;
    case EADDRINUSE: break;
    default: return PortState::no_such_address;
  }
  const std::string place = host_at(address) + ":" + std::to_string(port);
  const bool ours = protocol == Protocol::http ? answers_health(place) : answers_grpc_health(place);
  return ours ? PortState::ostiary : PortState::taken;
}

std::string metrics_at(const std::string& address, std::uint16_t port) {
  const std::string place = host_at(address) + ":" + std::to_string(port);
  for (const std::string scheme : {"http://", "https://"}) {
    std::string headers, body;
    const auto handle = client(scheme + place + "/metrics", headers, body);
    curl_easy_setopt(handle.get(), CURLOPT_FAILONERROR, 1L);
    if (curl_easy_perform(handle.get()) == CURLE_OK) return body;
  }
  return "";
}

}  // namespace ostiary::doctor
