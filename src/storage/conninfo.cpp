#include "storage/conninfo.hpp"

#include <libpq-fe.h>

#include <memory>

namespace ostiary::storage {
namespace {

/// libpq quotes the text that it stumbled over, and where a password holds a slash or a per cent sign that is the
/// password. The name of a parameter is shown, unless an @ behind it says that it is none.
std::string without_secrets(std::string_view complaint, std::string_view text) {
  while (complaint.ends_with('\n')) complaint.remove_suffix(1);
  const auto question = text.find('?');
  const bool ends_in_parameters = question != std::string_view::npos && text.find('@', question) == text.npos;
  const bool names_a_parameter =
      complaint.starts_with("invalid URI query parameter") || complaint.starts_with("invalid connection option");
  if (!ends_in_parameters || !names_a_parameter) complaint = complaint.substr(0, complaint.find('"'));
  while (complaint.ends_with(' ') || complaint.ends_with(':')) complaint.remove_suffix(1);
  return std::string(complaint);
}

}  // namespace

std::expected<Conninfo, std::string> parse_conninfo(const std::string& text) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(text.c_str(), &error),
                                                                            &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> complaint(error, &PQfreemem);
  if (!parsed) return std::unexpected(without_secrets(complaint ? complaint.get() : "out of memory", text));
  Conninfo conninfo;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) conninfo[option->keyword] = option->val;
  }
  return conninfo;
}

std::string to_text(const Conninfo& conninfo) {
  std::string text;
  for (const auto& [keyword, value] : conninfo) {
    text += (text.empty() ? "" : " ") + keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += '\'';
  }
  return text;
}

}  // namespace ostiary::storage
