#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "contract/rules.hpp"
#include "ostiary/options.pb.h"

namespace ostiary::gateway {

/// What a request says of its tokens' way: by the field token_delivery, or by bringing a token in a call that has no
/// such field (as_brought).
enum class AskedDelivery { either, cookie, body, as_brought };

/// Who asks for tokens.
enum class TokenHolder {
  program,       ///< no browser
  page,          ///< its scripts must not see a token
  trusted_page,  ///< of CORS_ORIGINS, with BROWSER_TOKENS=body: its scripts may hold tokens
};

struct TokenDelivery {
  bool cookies;
  bool body;
  bool operator==(const TokenDelivery&) const = default;
};

/// Where a reply's tokens go. Who brought a token as a cookie gets cookies only. So does a page, whatever it asks; a
/// trusted page gets the body alone if it asks for it, or brought its token in the body. A program gets what it asked
/// for, or both.
TokenDelivery judge_delivery(TokenHolder holder, bool token_came_by_cookie, AskedDelivery asked);

/// The fields of one call's messages that are sent as cookies, by the contract's rules.
class CookieFields {
 public:
  CookieFields(const google::protobuf::Descriptor& request, const google::protobuf::Descriptor& reply);

  AskedDelivery asked(const google::protobuf::Message& request) const;

  /// Whether a reply can have a value for this cookie.
  bool may_set(Cookie cookie) const;

  /// The values of `reply` that are sent as cookies.
  std::vector<std::pair<Cookie, std::string>> take(const google::protobuf::Message& reply) const;

  /// Removes from `reply` what cookies carry, except what the contract keeps on `path`. An empty path keeps nothing.
  void hide(google::protobuf::Message& reply, std::string_view path) const;

 private:
  struct Field {
    const google::protobuf::FieldDescriptor* descriptor;
    Cookie cookie;
    std::string shown_at;  ///< the path on which it is not hidden
  };
  std::vector<Field> reply_, hidden_;
  const google::protobuf::FieldDescriptor* asked_ = nullptr;
  const google::protobuf::FieldDescriptor* refresh_token_ = nullptr;  ///< of the request
};

}  // namespace ostiary::gateway
