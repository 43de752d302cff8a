#include "gateway/router.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace ostiary::gateway {

namespace {

bool is_literal(const contract::HttpBinding& binding) {
  return std::ranges::none_of(binding.segments, [](const auto& segment) { return segment.is_field; });
}

/// The path's segments, decoded one by one, so that an encoded slash stays inside its segment.
std::optional<std::vector<std::string>> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    auto decoded = percent_decode(path.substr(0, end));
    if (!decoded) return std::nullopt;
    segments.push_back(std::move(*decoded));
    path.remove_prefix(end);
  }
  return segments;
}

bool fits(const contract::HttpBinding& binding, const std::vector<std::string>& segments) {
  return std::ranges::equal(binding.segments, segments,
                            [](const contract::HttpBinding::Segment& wanted, const std::string& given) {
                              return wanted.is_field ? !given.empty() : wanted.text == given;
                            });
}

Destination destination(const contract::Method* method, const contract::HttpBinding* binding,
                        const std::vector<std::string>& segments) {
  Destination result{.method = method, .binding = binding, .page = nullptr, .fields = {}};
  for (std::size_t at = 0; at < segments.size(); ++at) {
    if (binding->segments[at].is_field) result.fields.emplace_back(binding->segments[at].text, segments[at]);
  }
  return result;
}

}  // namespace

const Destination* PathMatch::under(std::string_view verb) const {
  if (verb == "HEAD") verb = "GET";
  for (const auto& [offered, destination] : by_verb) {
    if (offered == verb) return &destination;
  }
  return nullptr;
}

std::string PathMatch::allow() const {
  std::string list;
  for (const auto& [verb, destination] : by_verb) {
    list += verb;
    list += verb == "GET" ? ", HEAD, " : ", ";
  }
  return list + "OPTIONS";
}

Router::Router(const contract::Contract& contract, const std::vector<Page>& pages) : pages_(pages) {
  for (const contract::Method& method : contract.methods()) {
    for (const contract::HttpBinding& binding : method.bindings) {
      bindings_.push_back({&method, &binding});
      if (is_literal(binding)) literal_[binding.path].push_back({&method, &binding});
    }
  }
  std::ranges::stable_partition(bindings_, [](const Entry& entry) { return is_literal(*entry.binding); });
}

PathMatch Router::find(std::string_view path) const {
  PathMatch match;
  if (const auto found = literal_.find(path); found != literal_.end()) {
    for (const Entry& entry : found->second) {
      match.by_verb.emplace_back(entry.binding->verb, Destination{entry.method, entry.binding, nullptr, {}});
    }
    return match;
  }
  if (!path.starts_with('/')) {
    match.malformed = true;
    return match;
  }
  if (!find_binding(path, match) && !match.malformed) find_page(path, match);
  return match;
}

const Page* Router::page_at(std::string_view path) const {
  const auto found = std::ranges::find(pages_, path, &Page::path);
  return found == pages_.end() ? nullptr : &*found;
}

bool Router::find_binding(std::string_view path, PathMatch& match) const {
  const auto segments = split(path);
  if (!segments) {
    match.malformed = true;
    return false;
  }
  for (const Entry& entry : bindings_) {
    if (!fits(*entry.binding, *segments) || match.under(entry.binding->verb) != nullptr) continue;
    match.by_verb.emplace_back(entry.binding->verb, destination(entry.method, entry.binding, *segments));
  }
  return !match.by_verb.empty();
}

void Router::find_page(std::string_view path, PathMatch& match) const {
  for (const bool exact : {true, false}) {
    for (const Page& page : pages_) {
      const std::string_view pattern = page.path;
      const bool fits =
          exact ? pattern == path : pattern.ends_with('*') && path.starts_with(pattern.substr(0, pattern.size() - 1));
      if (fits && match.under(page.verb) == nullptr) {
        match.by_verb.emplace_back(page.verb, Destination{nullptr, nullptr, &page, {}});
      }
    }
    if (!match.by_verb.empty()) return;
  }
}

}  // namespace ostiary::gateway
