#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "contract/contract.hpp"
#include "http/message.hpp"

namespace ostiary::gateway {

/// A path that is not a call of the contract: the start page, the documentation, the development mailbox, the page
/// behind a mailed link.
struct Page {
  std::string verb;  ///< GET (answers HEAD too), POST, DELETE
  std::string path;  ///< exact, or with a trailing "*" for a prefix; a call's own path shows it to browsers only
  /// Called on the I/O thread: quick, no database. A 404 without a body makes the gateway answer as for an unknown
  /// path.
  std::function<http::Response(const http::Request&)> answer;
};

/// The target of a request: a call of the contract by one of its bindings, or a page.
struct Destination {
  const contract::Method* method = nullptr;
  const contract::HttpBinding* binding = nullptr;
  const Page* page = nullptr;
  std::vector<std::pair<std::string_view, std::string>> fields;  ///< decoded fields from path segments
};

/// The destinations of a path.
struct PathMatch {
  std::vector<std::pair<std::string_view, Destination>> by_verb;
  bool malformed = false;  ///< the path has invalid percent-encoding

  /// The destination for `verb`; HEAD uses GET. Null if there is none.
  const Destination* under(std::string_view verb) const;
  /// The verbs for the header Allow.
  std::string allow() const;
};

/// Finds destinations by path. A literal segment takes precedence over a field, and the contract over a page.
/// `contract` and `pages` must outlive it.
class Router {
 public:
  Router(const contract::Contract& contract, const std::vector<Page>& pages);

  /// `path` as sent, without the query.
  PathMatch find(std::string_view path) const;

  /// The page at exactly this path, also where calls have the path under other verbs; null if there is none.
  const Page* page_at(std::string_view path) const;

 private:
  struct Entry {
    const contract::Method* method;
    const contract::HttpBinding* binding;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  bool find_binding(std::string_view path, PathMatch& match) const;
  void find_page(std::string_view path, PathMatch& match) const;

  std::unordered_map<std::string, std::vector<Entry>, TextHash, std::equal_to<>> literal_;
  std::vector<Entry> bindings_;
  const std::vector<Page>& pages_;
};

}  // namespace ostiary::gateway
