#include "sessions/user_agent.hpp"

#include <algorithm>
#include <array>

namespace ostiary::sessions {

namespace {

constexpr std::size_t longest_looked_at = 512;

struct Mark {
  std::string_view text;  ///< as it stands in the user agent
  std::string_view name;
};

// In each table the first mark that is found wins: browsers name the ones they descend from as well, so descendants
// stand before their ancestors.
constexpr std::array browsers{
    Mark{"Edg/", "Edge"},
    Mark{"EdgA/", "Edge"},
    Mark{"EdgiOS/", "Edge"},
    Mark{"Edge/", "Edge"},
    Mark{"OPR/", "Opera"},
    Mark{"OPT/", "Opera"},
    Mark{"OPiOS/", "Opera"},
    Mark{"Opera", "Opera"},
    Mark{"SamsungBrowser/", "Samsung Internet"},
    Mark{"Vivaldi/", "Vivaldi"},
    Mark{"YaBrowser/", "Yandex Browser"},
    Mark{"DuckDuckGo/", "DuckDuckGo"},
    Mark{"Ddg/", "DuckDuckGo"},
    Mark{"FxiOS/", "Firefox"},
    Mark{"Focus/", "Firefox"},
    Mark{"Firefox/", "Firefox"},
    Mark{"CriOS/", "Chrome"},
    Mark{"HeadlessChrome/", "Chrome"},
    Mark{"Chromium/", "Chromium"},
    Mark{"Chrome/", "Chrome"},
    Mark{"Trident/", "Internet Explorer"},
    Mark{"MSIE ", "Internet Explorer"},
    Mark{"Safari/", "Safari"},
};

constexpr std::array systems{
    Mark{"iPhone", "iPhone"},   Mark{"iPad", "iPad"},       Mark{"iPod", "iPod"},       Mark{"Android", "Android"},
    Mark{"CrOS", "ChromeOS"},   Mark{"Windows", "Windows"}, Mark{"Macintosh", "macOS"}, Mark{"Mac OS X", "macOS"},
    Mark{"FreeBSD", "FreeBSD"}, Mark{"OpenBSD", "OpenBSD"}, Mark{"Linux", "Linux"},     Mark{"X11", "Linux"},
};

constexpr std::array programs{
    Mark{"grpc-node", "gRPC client (node)"},
    Mark{"grpc-go/", "gRPC client (go)"},
    Mark{"grpc-java", "gRPC client (java)"},
    Mark{"grpc-kotlin", "gRPC client (kotlin)"},
    Mark{"grpc-python", "gRPC client (python)"},
    Mark{"grpc-c++/", "gRPC client (c++)"},
    Mark{"grpc-csharp", "gRPC client (.net)"},
    Mark{"grpc-dotnet", "gRPC client (.net)"},
    Mark{"grpc-swift", "gRPC client (swift)"},
    Mark{"grpc-ruby", "gRPC client (ruby)"},
    Mark{"grpc-php", "gRPC client (php)"},
    Mark{"grpc-rust", "gRPC client (rust)"},
    Mark{"tonic/", "gRPC client (rust)"},
    Mark{"grpcurl/", "grpcurl"},
    Mark{"grpc-", "gRPC client"},
    Mark{"curl/", "curl"},
    Mark{"Wget", "Wget"},
    Mark{"HTTPie/", "HTTPie"},
    Mark{"PostmanRuntime/", "Postman"},
    Mark{"insomnia/", "Insomnia"},
    Mark{"bruno-runtime/", "Bruno"},
    Mark{"python-requests/", "Python"},
    Mark{"python-httpx/", "Python"},
    Mark{"aiohttp/", "Python"},
    Mark{"Python-urllib/", "Python"},
    Mark{"Go-http-client/", "Go"},
    Mark{"okhttp/", "OkHttp"},
    Mark{"Java-http-client/", "Java"},
    Mark{"Apache-HttpClient/", "Java"},
    Mark{"reqwest/", "Rust"},
    Mark{"axios/", "Node.js"},
    Mark{"undici", "Node.js"},
    Mark{"node-fetch", "Node.js"},
    Mark{"Deno/", "Deno"},
    Mark{"Bun/", "Bun"},
    Mark{"PowerShell/", "PowerShell"},
    Mark{"Dart/", "Dart"},
    Mark{"CFNetwork/", "An app on an Apple device"},
};

template <std::size_t size>
std::string_view find_in(const std::array<Mark, size>& marks, std::string_view text) {
  const auto found = std::ranges::find_if(marks, [&](const Mark& mark) { return text.find(mark.text) != text.npos; });
  return found == marks.end() ? std::string_view() : found->name;
}

}  // namespace

std::string device_name_of(std::string_view user_agent) {
  const auto text = user_agent.substr(0, longest_looked_at);
  if (text == "node") return "Node.js";
  if (const auto program = find_in(programs, text); !program.empty()) return std::string(program);
  const auto browser = find_in(browsers, text);
  const auto system = find_in(systems, text);
  if (browser.empty() && system.empty()) return "Unknown device";
  if (browser.empty()) return "Unknown browser on " + std::string(system);
  if (system.empty()) return std::string(browser);
  return std::string(browser) + " on " + std::string(system);
}

}  // namespace ostiary::sessions
