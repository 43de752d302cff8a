#include "server.hpp"

#include <fstream>
#include <stdexcept>

#include "master_key.hpp"

namespace ostiary::bench {

Server::Server(const std::filesystem::path& program, const Place& place) {
  auto settings = place.settings();
  settings["PORT"] = std::to_string(port_);
  settings["GRPC_PORT"] = std::to_string(grpc_port_);
  settings["PUBLIC_URL"] = "http://localhost:" + std::to_string(port_);
  settings["RATE_LIMITS"] = "off";
  settings["OSTIARY_MASTER_KEY"] = master_key_text();
  const auto begin = std::chrono::steady_clock::now();
  process_ = std::make_unique<Process>(
      Command{.words = {program, "serve"}, .environment = settings, .folder = place.folder()});
  await_port(*process_, port_, place.folder() / "log");
  if (ask(port_, get_request("/health", {})).status != 200) throw std::runtime_error("the program is not healthy");
  milliseconds_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  await_port(*process_, grpc_port_, place.folder() / "log");
}

std::vector<std::string> Server::access_tokens(std::size_t count) const {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < count; ++i) {
    const auto reply = ask(port_, login_request(i));
    if (reply.status != 200) throw std::runtime_error("a login failed: " + reply.body);
    tokens.emplace_back(json_text(reply.body, "access_token"));
  }
  return tokens;
}

BareServer::BareServer(const std::string& kind, const std::string& answer) {
  const auto file = folder_.path() / "answer";
  std::ofstream(file, std::ios::binary) << answer;
  process_ = std::make_unique<Process>(
      Command{.words = {std::filesystem::read_symlink("/proc/self/exe"), kind, std::to_string(port_), file},
              .folder = folder_.path()});
  await_port(*process_, port_, folder_.path() / "log");
}

std::string login_request(std::size_t user) {
  return post_request("/api/auth/login",
                      R"({"email":")" + Seed::email(user) + R"(","password":")" + password + R"("})");
}

}  // namespace ostiary::bench
