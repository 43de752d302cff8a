#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace ctemplate {
class Template;
class TemplateDictionary;
}  // namespace ctemplate

namespace ostiary::pages {

/// A template of an HTML page of web/pages. Values are escaped for their context (ctemplate's AUTOESCAPE).
/// Thread-safe.
class PageTemplate {
 public:
  /// Throws std::logic_error if the page does not exist or is not a template.
  explicit PageTemplate(std::string_view name);
  ~PageTemplate();

  std::string expand(const ctemplate::TemplateDictionary& values) const;

 private:
  std::unique_ptr<const ctemplate::Template> template_;
};

}  // namespace ostiary::pages
