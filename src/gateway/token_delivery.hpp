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

/// How a request asks for its tokens (the field token_delivery).
enum class AskedDelivery { either, cookie, body };

struct TokenDelivery {
  bool cookies;
  bool body;
  bool operator==(const TokenDelivery&) const = default;
};

/// How a reply's tokens are delivered. A browser gets only cookies, whatever it asks, so that scripts never see a
/// token. So does a client that sent a token as a cookie. Other clients get what they asked for, or both.
TokenDelivery judge_delivery(bool browser, bool token_came_by_cookie, AskedDelivery asked);

/// The fields of one call's messages that are sent as cookies, by the contract's rules.
class CookieFields {
 public:
  CookieFields(const google::protobuf::Descriptor& request, const google::protobuf::Descriptor& reply);

  AskedDelivery asked(const google::protobuf::Message& request) const;

  /// The values of `reply` that are sent as cookies.
  std::vector<std::pair<Cookie, std::string>> take(const google::protobuf::Message& reply) const;

  /// Removes from `reply` what cookies carry, except what the contract keeps on `path`.
  void hide(google::protobuf::Message& reply, std::string_view path) const;

 private:
  struct Field {
    const google::protobuf::FieldDescriptor* descriptor;
    Cookie cookie;
    std::string shown_at;  ///< the path on which it is not hidden
  };
  std::vector<Field> reply_, hidden_;
  const google::protobuf::FieldDescriptor* asked_ = nullptr;
};

}  // namespace ostiary::gateway
