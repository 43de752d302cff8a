#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/secret.hpp"
#include "contract/contract.hpp"

namespace ostiary::door {

/// The credentials of a call outside its message.
struct Credentials {
  std::optional<Secret> bearer;                ///< from Authorization: a header, or metadata
  std::map<Cookie, std::string> cookies = {};  ///< only over HTTP
};

/// The bearer token in `lines`, the values of Authorization. Refuses with not_authenticated anything but a single
/// bearer token (RFC 6750, section 2.1).
Result<std::optional<Secret>> read_bearer(const std::vector<std::string_view>& lines);

/// The access token of the call: the bearer token or the access cookie, which must not differ.
Result<std::optional<Secret>> claimed_token(const Credentials& credentials);

/// Combines credentials inside and outside the messages of calls, by the rules of their fields, for every transport.
/// Thread-safe. The contract must outlive it.
class CredentialFields {
 public:
  explicit CredentialFields(const contract::Contract& contract);

  /// Whether the call can use a cookie, or the bearer token as ACCESS: it asks who calls, or has a field for it.
  bool takes(const contract::Method& method, Cookie cookie) const;

  /// The bearer token of `lines`, as read_bearer gives it; nothing for a call that takes none. A call that needs nobody
  /// ignores lines that are no single bearer token: they may be meant for a proxy on the way.
  Result<std::optional<Secret>> bearer(const contract::Method& method,
                                       const std::vector<std::string_view>& lines) const;

  /// Fills the fields of `request` that were left out from the cookies, and that of the access token from the bearer
  /// token. Refuses a cookie, bearer token and field that differ (conflicting_credentials). Gives whether a token (not
  /// a mere device) came by cookie.
  Result<bool> fill(const contract::Method& method, contract::Message& request, const Credentials& credentials) const;

  /// The device of a filled request, or the cookie if the call has no field for it.
  std::optional<std::string> device(const contract::Method& method, const contract::Message& request,
                                    const Credentials& credentials) const;

 private:
  using Fields = std::vector<std::pair<const google::protobuf::FieldDescriptor*, Cookie>>;
  std::unordered_map<const contract::Method*, Fields> fields_;
};

}  // namespace ostiary::door
