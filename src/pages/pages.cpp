#include "pages/pages.hpp"

#include <ctemplate/template_dictionary.h>

#include <array>
#include <map>

#include "base/named_duration.hpp"
#include "http/accept_header.hpp"
#include "http/local_request.hpp"
#include "pages/files.hpp"
#include "pages/metrics_page.hpp"
#include "pages/templates.hpp"

namespace ostiary::pages {

namespace {

constexpr std::array<std::string_view, 2> languages{"en", "de"};

/// The page `stem`.<language>.html in each language, its values filled in.
class TranslatedPage {
 public:
  TranslatedPage(std::string_view stem, const PagesOptions& options) {
    ctemplate::TemplateDictionary values("page");
    const auto set = [&](const std::string& name, const std::string& value) {
      values[name] = value;
      values.ShowSection((value.empty() ? "no_" : "has_") + name);
    };
    const NamedDuration lifetime = name_duration(options.code_lifetime);
    set("service_name", options.service_name);
    set("app_url", options.app_url);
    set("minutes", lifetime.minutes);
    set("seconds", lifetime.seconds);
    for (const std::string_view language : languages) {
      pages_[language] = PageTemplate(std::string(stem) + "." + std::string(language) + ".html").expand(values);
    }
  }

  /// In the language that the request likes best.
  http::Response operator()(const http::Request& request) const {
    const auto language = http::preferred_language(request.header("accept-language").value_or(""), languages);
    http::Response response = html_page(pages_.at(language));
    response.headers.emplace_back("Content-Language", language);
    response.headers.emplace_back("Vary", "Accept-Language");
    return response;
  }

 private:
  std::map<std::string_view, std::string> pages_;
};

std::string local_start(const PagesOptions& options) {
  ctemplate::TemplateDictionary values("start");
  values["version"] = options.version;
  values["origin"] = options.public_origin;
  for (const auto& [name, value] : options.running) {
    auto& part = *values.AddSectionDictionary("running");
    part["name"] = name;
    part["value"] = value;
  }
  if (options.mailbox) values.ShowSection("mailbox");
  return PageTemplate("start-local.html").expand(values);
}

gateway::Page document(std::string path, std::string_view type, std::string text) {
  auto body = std::make_shared<const std::string>(std::move(text));
  auto answer = [type, body](const http::Request&) {
    return http::Response{.status = 200,
                          .headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "public, max-age=300"}},
                          .body = body};
  };
  return {"GET", std::move(path), std::move(answer)};
}

}  // namespace

std::vector<gateway::Page> make_pages(PagesOptions options) {
  std::vector<gateway::Page> pages;
  const TranslatedPage public_start("start-public", options);
  if (options.local) {
    pages.push_back({"GET", "/", [start = local_start(options), public_start](const http::Request& request) {
                       return http::is_local_request(request) ? html_page(start) : public_start(request);
                     }});
  } else {
    pages.push_back({"GET", "/", public_start});
  }
  // The pages behind mailed links.
  for (const char* stem : {"verify-email", "reset-password", "confirm-email", "undo-email-change"}) {
    pages.push_back({"GET", "/" + std::string(stem), TranslatedPage(stem, options)});
  }
  const TranslatedPage sign_in("sign-in", options);
  for (const char* path : {"/login", "/register"}) pages.push_back({"GET", path, sign_in});
  pages.push_back(
      {"GET", "/docs", [](const http::Request&) { return html_page(std::string(page_file("docs.html"))); }});
  pages.push_back(document("/openapi.json", "application/json", std::move(options.description.json)));
  pages.push_back(document("/openapi.yaml", "application/yaml", std::move(options.description.yaml)));
  pages.push_back(assets_page());
  if (options.metrics)
    pages.push_back(
        metrics_page(*options.metrics, {options.metrics_networks, options.trusted_proxies, options.public_origin}));
  if (options.local && options.mailbox) {
    for (gateway::Page& page : mailbox_pages(std::move(options.mailbox), std::move(options.mailbox_key)))
      pages.push_back(std::move(page));
  }
  return pages;
}

}  // namespace ostiary::pages
