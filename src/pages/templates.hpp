#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ctemplate {
class Template;
class TemplateDictionary;
}  // namespace ctemplate

namespace ostiary::pages {

/// An HTML page of web/pages with places for values, each escaped as the place where it stands needs it (ctemplate's
/// AUTOESCAPE). Thread-safe.
class PageTemplate {
 public:
  /// Throws std::logic_error for a page that is not there or no template.
  explicit PageTemplate(std::string_view name);
  ~PageTemplate();

  std::string expand(const ctemplate::TemplateDictionary& values) const;

 private:
  std::unique_ptr<const ctemplate::Template> template_;
};

}  // namespace ostiary::pages
