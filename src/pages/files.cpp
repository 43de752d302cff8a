#include "pages/files.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "embedded/pages.hpp"
#include "gateway/entity_tag.hpp"

namespace ostiary::pages {

namespace {

constexpr std::string_view assets_folder = "/assets/";

struct Asset {
  std::string_view content;
  std::string_view type;
  std::string tag;
  std::weak_ptr<const std::string> body;  ///< shared by the answers that are being sent
};

/// The media type of what is an asset; empty for what is not, such as the pages themselves.
std::string_view type_of(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  if (name.ends_with(".txt") || name.ends_with("LICENSE") || name.ends_with("NOTICE")) {
    return "text/plain; charset=utf-8";
  }
  return {};
}

/// The assets by name. However many clients take one at a time, it is in memory once more than embedded, or not at all.
class Assets {
 public:
  Assets() {
    for (const embedded::File& file : embedded::pages()) {
      const std::string_view type = type_of(file.name);
      if (type.empty()) continue;
      assets_.emplace(file.name, Asset{file.content, type, gateway::entity_tag(file.content), {}});
    }
  }

  http::Response answer(const http::Request& request) {
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    const auto found = assets_.find(path.substr(std::min(path.size(), assets_folder.size())));
    if (found == assets_.end()) return nothing_here();
    Asset& asset = found->second;
    http::Response response;
    response.headers = {{"ETag", asset.tag}, {"Cache-Control", "public, no-cache"}};
    if (gateway::names_tag(request.header("if-none-match").value_or(""), asset.tag)) {
      response.status = 304;
      return response;
    }
    response.headers.emplace_back("Content-Type", asset.type);
    response.body = body_of(asset);
    return response;
  }

 private:
  std::shared_ptr<const std::string> body_of(Asset& asset) {
    const std::lock_guard lock(mutex_);
    auto body = asset.body.lock();
    if (!body) asset.body = body = std::make_shared<const std::string>(asset.content);
    return body;
  }

  std::map<std::string_view, Asset, std::less<>> assets_;
  std::mutex mutex_;  ///< of the bodies
};

}  // namespace

std::string_view page_file(std::string_view name) {
  for (const embedded::File& file : embedded::pages()) {
    if (file.name == name) return file.content;
  }
  throw std::logic_error("there is no page " + std::string(name));
}

http::Response html_page(std::string html) {
  http::Response response;
  response.headers = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
       "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Opener-Policy", "same-origin"}};
  response.body = std::make_shared<const std::string>(std::move(html));
  return response;
}

http::Response nothing_here() { return {.status = 404, .headers = {}, .body = nullptr}; }

gateway::Page assets_page() {
  return {.verb = "GET",
          .path = std::string(assets_folder) + "*",
          .answer = [assets = std::make_shared<Assets>()](const http::Request& request) {
            return assets->answer(request);
          }};
}

}  // namespace ostiary::pages
