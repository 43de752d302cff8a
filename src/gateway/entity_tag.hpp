#pragma once

#include <string>
#include <string_view>

namespace ostiary::gateway {

/// Whether the answer at a path is the same for everybody, whoever asks (RFC 8615). It has an entity tag.
bool is_public_document(std::string_view path);

/// The strong entity tag of a representation, in quotes: the first 64 bits of its SHA-256.
std::string entity_tag(std::string_view content);

/// Whether an If-None-Match field names the tag (RFC 9110, section 13.1.2): "*" does, and weak tags compare as strong
/// ones. `field` holds all of its lines, joined by commas; empty where the request has none.
bool names_tag(std::string_view field, std::string_view tag);

}  // namespace ostiary::gateway
