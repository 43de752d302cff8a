#include "door/routes.hpp"

#include "accounts/change_email.hpp"
#include "accounts/change_password.hpp"
#include "accounts/forgot_password.hpp"
#include "accounts/phone.hpp"
#include "accounts/profile.hpp"
#include "accounts/prove_email_change.hpp"
#include "accounts/register.hpp"
#include "accounts/reset_password.hpp"
#include "accounts/verify_email.hpp"
#include "factors/backup_codes.hpp"
#include "factors/enrol_totp.hpp"
#include "factors/reauthenticate.hpp"
#include "factors/remembered_devices.hpp"
#include "factors/sms.hpp"
#include "factors/totp.hpp"
#include "factors/webauthn_credentials.hpp"
#include "factors/webauthn_login.hpp"
#include "sessions/check_session.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/list_sessions.hpp"
#include "sessions/login.hpp"
#include "sessions/refresh.hpp"

namespace ostiary::door {

std::vector<contract::Route> routes(factors::Deps& factors, accounts::Deps& accounts, sessions::Deps& sessions,
                                    SystemDeps& system) {
  return {
      // Registration, sign-in, refresh and sign-out.
      contract::route("ostiary.v1.AuthService.Register", accounts, accounts::register_account),
      contract::route("ostiary.v1.AuthService.VerifyEmail", accounts, accounts::verify_email),
      contract::route("ostiary.v1.AuthService.ResendEmailCode", accounts, accounts::resend_email_code),
      contract::route("ostiary.v1.AuthService.Login", sessions, sessions::login),
      contract::route("ostiary.v1.AuthService.Refresh", sessions, sessions::refresh),
      contract::route("ostiary.v1.AuthService.Logout", sessions, sessions::logout),
      contract::route("ostiary.v1.AuthService.CheckSession", sessions, sessions::check_session),
      // The caller's own account.
      contract::route("ostiary.v1.AccountService.GetProfile", accounts, accounts::get_profile),
      contract::route("ostiary.v1.AccountService.UpdateProfile", accounts, accounts::update_profile),
      contract::route("ostiary.v1.AccountService.ListSessions", sessions, sessions::list_sessions),
      contract::route("ostiary.v1.AccountService.RevokeSession", sessions, sessions::revoke_session),
      contract::route("ostiary.v1.AccountService.RevokeOtherSessions", sessions, sessions::revoke_other_sessions),
      // The phone number.
      contract::route("ostiary.v1.PhoneService.GetPhone", accounts, accounts::get_phone),
      contract::route("ostiary.v1.PhoneService.ChangePhone", accounts, accounts::change_phone),
      contract::route("ostiary.v1.PhoneService.ResendPhoneCode", accounts, accounts::resend_phone_code),
      contract::route("ostiary.v1.PhoneService.VerifyPhone", accounts, accounts::verify_phone),
      contract::route("ostiary.v1.PhoneService.RemovePhone", factors, factors::remove_phone),
      contract::route("ostiary.v1.PhoneService.SendLoginText", factors, factors::send_login_text),
      contract::route("ostiary.v1.PhoneService.VerifyLoginText", factors, factors::verify_login_text),
      // Second factors and the second step of a login.
      contract::route("ostiary.v1.FactorService.GenerateTotp", factors, factors::generate_totp),
      contract::route("ostiary.v1.FactorService.ConfirmTotp", factors, factors::confirm_totp),
      contract::route("ostiary.v1.FactorService.VerifyTotp", factors, factors::verify_totp),
      contract::route("ostiary.v1.FactorService.RemoveTotp", factors, factors::remove_totp),
      contract::route("ostiary.v1.FactorService.EnrolTotp", factors, factors::enrol_totp),
      contract::route("ostiary.v1.FactorService.ConfirmEnrolledTotp", factors, factors::confirm_enrolled_totp),
      contract::route("ostiary.v1.FactorService.MakeBackupCodes", factors, factors::make_new_backup_codes),
      contract::route("ostiary.v1.FactorService.CountBackupCodes", factors, factors::count_own_backup_codes),
      contract::route("ostiary.v1.FactorService.VerifyBackupCode", factors, factors::verify_backup_code),
      contract::route("ostiary.v1.FactorService.ListRememberedDevices", factors, factors::list_remembered_devices),
      contract::route("ostiary.v1.FactorService.ForgetRememberedDevice", factors, factors::forget_remembered_device),
      contract::route("ostiary.v1.FactorService.ForgetRememberedDevices", factors, factors::forget_remembered_devices),
      contract::route("ostiary.v1.FactorService.Reauthenticate", factors, factors::reauthenticate),
      // A forgotten password, and the change of a known one.
      contract::route("ostiary.v1.PasswordService.ForgotPassword", accounts, accounts::forgot_password),
      contract::route("ostiary.v1.PasswordService.ResendResetCode", accounts, accounts::resend_reset_code),
      contract::route("ostiary.v1.PasswordService.VerifyResetCode", accounts, accounts::verify_reset_code),
      contract::route("ostiary.v1.PasswordService.ResetPassword", accounts, accounts::reset_password),
      contract::route("ostiary.v1.PasswordService.ChangePassword", accounts, accounts::change_password),
      // Security keys and passkeys.
      contract::route("ostiary.v1.WebAuthnService.BeginWebAuthnCredential", factors,
                      factors::begin_webauthn_credential),
      contract::route("ostiary.v1.WebAuthnService.AddWebAuthnCredential", factors, factors::add_webauthn_credential),
      contract::route("ostiary.v1.WebAuthnService.ListWebAuthnCredentials", factors,
                      factors::list_webauthn_credentials),
      contract::route("ostiary.v1.WebAuthnService.RenameWebAuthnCredential", factors,
                      factors::rename_webauthn_credential),
      contract::route("ostiary.v1.WebAuthnService.RemoveWebAuthnCredential", factors,
                      factors::remove_webauthn_credential),
      contract::route("ostiary.v1.WebAuthnService.BeginWebAuthnLogin", factors, factors::begin_webauthn_login),
      contract::route("ostiary.v1.WebAuthnService.VerifyWebAuthnLogin", factors, factors::verify_webauthn_login),
      contract::route("ostiary.v1.WebAuthnService.BeginWebAuthnReauthentication", factors,
                      factors::begin_webauthn_reauthentication),
      contract::route("ostiary.v1.WebAuthnService.ListRelatedOrigins", factors, factors::list_related_origins),
      // The address of an account.
      contract::route("ostiary.v1.EmailService.GetEmail", accounts, accounts::get_email),
      contract::route("ostiary.v1.EmailService.ChangeEmail", accounts, accounts::change_email),
      contract::route("ostiary.v1.EmailService.ResendEmailChange", accounts, accounts::resend_email_change),
      contract::route("ostiary.v1.EmailService.VerifyEmailChange", accounts, accounts::verify_email_change),
      contract::route("ostiary.v1.EmailService.CancelEmailChange", accounts, accounts::cancel_email_change),
      contract::route("ostiary.v1.EmailService.ConfirmEmailChange", accounts, accounts::confirm_email_change),
      contract::route("ostiary.v1.EmailService.UndoEmailChange", accounts, accounts::undo_email_change),
      // Health and keys.
      contract::route("ostiary.v1.SystemService.Health", system, health),
      contract::route("ostiary.v1.SystemService.Ready", system, ready),
      contract::route("ostiary.v1.SystemService.ListKeys", system, list_keys),
      contract::route("ostiary.v1.SystemService.GetAuthorizationServer", system, get_authorization_server),
  };
}

}  // namespace ostiary::door
