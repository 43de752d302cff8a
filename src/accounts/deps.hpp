#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "accounts/challenge.hpp"
#include "accounts/registration.hpp"
#include "accounts/text_caps.hpp"
#include "sessions/deps.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::accounts {

/// The dependencies of the accounts room. Everything must outlive it.
struct Deps {
  sessions::Deps& sessions;
  const vault::DataKeys& data_keys;
  RegistrationPolicy policy;
  CodePolicy code_policy;
  std::string public_url;             ///< where mailed links lead; never taken from a request
  std::string service_name;           ///< as mails call the service
  std::string app_url;                ///< where its people sign in; may be empty
  std::function<void()> wake_executor;  ///< called after a commit that ordered a mail or a text
  std::chrono::seconds fresh_login_within{600};  ///< FRESH_LOGIN_WITHIN
  TextPolicy texts = {};
};

}  // namespace ostiary::accounts
