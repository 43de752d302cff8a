#include "sessions/user_agent.hpp"

#include <gtest/gtest.h>

namespace ostiary::sessions {
namespace {

struct Row {
  const char* user_agent;
  const char* name;
};

constexpr Row rows[] = {
    {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Windows"},
    {"Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox on Android"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/132.0 "
     "Mobile/15E148 Safari/605.1.15",
     "Firefox on iPhone"},
    {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
     "Chrome on Android"},
    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
     "Chrome on ChromeOS"},
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36",
     "Chrome on Linux"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
     "Safari/605.1.15",
     "Safari on macOS"},
    {"Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
     "Mobile/15E148 Safari/604.1",
     "Safari on iPad"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 "
     "Edg/130.0.0.0",
     "Edge on Windows"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 "
     "OPR/114.0.0.0",
     "Opera on Windows"},
    {"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 "
     "Chrome/122.0.0.0 Mobile Safari/537.36",
     "Samsung Internet on Android"},
    {"Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer on Windows"},
    {"Mozilla/5.0 (X11; FreeBSD amd64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on FreeBSD"},
    {"Mozilla/5.0 (Linux; Android 14; wv)", "Unknown browser on Android"},
    {"Firefox/1.0", "Firefox"},
    {"curl/7.88.1", "curl"},
    {"Wget/1.21.3", "Wget"},
    {"PostmanRuntime/7.42.0", "Postman"},
    {"python-requests/2.32.3", "Python"},
    {"Go-http-client/1.1", "Go"},
    {"node", "Node.js"},
    {"undici", "Node.js"},
    {"grpc-node-js/1.12.2", "gRPC client (node)"},
    {"shop/1.0 grpc-go/1.68.0", "gRPC client (go)"},
    {"grpc-c++/1.51.1 grpc-c/29.0.0 (linux; chttp2)", "gRPC client (c++)"},
    {"grpc-something/1", "gRPC client"},
    {"", "Unknown device"},
    {"node2", "Unknown device"},
    {"<script>alert(1)</script>", "Unknown device"},
    {"\xff\xfe\x01\n", "Unknown device"},
};

TEST(UserAgent, NamesTheDevice) {
  for (const auto& row : rows) EXPECT_EQ(device_name_of(row.user_agent), row.name) << row.user_agent;
}

TEST(UserAgent, LooksAtTheBeginningOnly) {
  EXPECT_EQ(device_name_of(std::string(512, 'x') + "curl/8"), "Unknown device");
  EXPECT_EQ(device_name_of(std::string(10'000'000, 'G')), "Unknown device");
}

}  // namespace
}  // namespace ostiary::sessions
