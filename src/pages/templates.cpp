#include "pages/templates.hpp"

#include <ctemplate/template.h>
#include <ctemplate/template_dictionary.h>

#include <stdexcept>

#include "pages/files.hpp"

namespace ostiary::pages {

PageTemplate::PageTemplate(std::string_view name)
    : template_(ctemplate::Template::StringToTemplate("{{%AUTOESCAPE context=\"HTML\"}}" + std::string(page_file(name)),
                                                      ctemplate::DO_NOT_STRIP)) {
  if (!template_ || template_->state() != ctemplate::TS_READY) {
    throw std::logic_error("the page " + std::string(name) + " is no template");
  }
}

PageTemplate::~PageTemplate() = default;

std::string PageTemplate::expand(const ctemplate::TemplateDictionary& values) const {
  std::string html;
  if (!template_->Expand(&html, &values)) throw std::logic_error("a page could not be expanded");
  return html;
}

}  // namespace ostiary::pages
