#include "gateway/entity_tag.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"

namespace ostiary::gateway {

bool is_public_document(std::string_view path) { return path.starts_with("/.well-known/"); }

std::string entity_tag(std::string_view content) {
  const Digest digest = crypto::sha256(as_bytes(content));
  return "\"" + to_hex(BytesView(digest).first(8)) + "\"";
}

bool names_tag(std::string_view field, std::string_view tag) {
  const auto skip_blanks_and_commas = [&field] {
    field.remove_prefix(std::min(field.find_first_not_of(" \t,"), field.size()));
  };
  // A tag may hold a comma, so the field is not split at commas.
  for (skip_blanks_and_commas(); !field.empty(); skip_blanks_and_commas()) {
    if (field.starts_with('*')) return true;
    if (field.starts_with("W/")) field.remove_prefix(2);
    const auto end = field.starts_with('"') ? field.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    if (field.substr(0, end + 1) == tag) return true;
    field.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace ostiary::gateway
