#include "door/routes.hpp"

#include "accounts/profile.hpp"
#include "accounts/register.hpp"
#include "accounts/verify_email.hpp"
#include "sessions/check_session.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/list_sessions.hpp"
#include "sessions/login.hpp"
#include "sessions/refresh.hpp"

namespace ostiary::server {

std::vector<Route> routes(accounts::Deps& accounts, sessions::Deps& sessions, SystemDeps& system) {
  return {
      // Getting in, staying in, getting out.
      route("ostiary.v1.AuthService.Register", accounts, accounts::register_account),
      route("ostiary.v1.AuthService.VerifyEmail", accounts, accounts::verify_email),
      route("ostiary.v1.AuthService.ResendEmailCode", accounts, accounts::resend_email_code),
      route("ostiary.v1.AuthService.Login", sessions, sessions::login),
      route("ostiary.v1.AuthService.Refresh", sessions, sessions::refresh),
      route("ostiary.v1.AuthService.Logout", sessions, sessions::logout),
      route("ostiary.v1.AuthService.CheckSession", sessions, sessions::check_session),
      // What is mine.
      route("ostiary.v1.AccountService.GetProfile", accounts, accounts::get_profile),
      route("ostiary.v1.AccountService.UpdateProfile", accounts, accounts::update_profile),
      route("ostiary.v1.AccountService.ListSessions", sessions, sessions::list_sessions),
      route("ostiary.v1.AccountService.RevokeSession", sessions, sessions::revoke_session),
      route("ostiary.v1.AccountService.RevokeOtherSessions", sessions, sessions::revoke_other_sessions),
      // What machines ask.
      route("ostiary.v1.SystemService.Health", system, health),
      route("ostiary.v1.SystemService.Ready", system, ready),
      route("ostiary.v1.SystemService.ListKeys", system, list_keys),
  };
}

}  // namespace ostiary::server
