#pragma once

#include <array>
#include <string_view>

namespace ostiary {

/// All reasons for which Ostiary refuses a call. `contract/refusals` maps each to an HTTP status and a gRPC code. The
/// name that `name_of` returns is the stable `code` that clients see.
enum class Refusal {
  // The request differs from the contract.
  malformed_request,
  unknown_field,
  duplicate_field,
  wrong_type,
  missing_field,
  invalid_field,
  conflicting_credentials,  // a cookie, a bearer token and a field that differ
  body_too_large,
  headers_too_large,
  length_required,
  request_timeout,
  unsupported_media_type,
  unsupported_content_encoding,
  expectation_failed,
  unknown_method,      // none that HTTP defines
  method_not_allowed,  // none of this path's
  not_found,

  // The caller may not.
  not_authenticated,
  token_expired,
  session_ended,
  fresh_login_required,
  permission_denied,
  cross_site_request,

  // Judgments of the rooms.
  wrong_credentials,
  email_not_verified,
  account_disabled,
  weak_password,
  username_taken,
  email_taken,
  wrong_code,
  code_expired,
  code_attempts_spent,
  code_budget_spent,
  verification_unknown,
  already_verified,
  link_invalid,
  password_required,
  resend_too_early,
  refresh_token_unknown,
  refresh_token_reused,
  mfa_token_invalid,
  factor_exists,
  factor_missing,
  enrolment_required,

  // Too much, or not now.
  rate_limited,
  overloaded,
  deadline_exceeded,
  cancelled,
  unavailable,
  internal,
};

struct RefusalName {
  Refusal refusal;
  std::string_view name;
};

inline constexpr std::array refusal_names{
    RefusalName{Refusal::malformed_request, "malformed_request"},
    RefusalName{Refusal::unknown_field, "unknown_field"},
    RefusalName{Refusal::duplicate_field, "duplicate_field"},
    RefusalName{Refusal::wrong_type, "wrong_type"},
    RefusalName{Refusal::missing_field, "missing_field"},
    RefusalName{Refusal::invalid_field, "invalid_field"},
    RefusalName{Refusal::conflicting_credentials, "conflicting_credentials"},
    RefusalName{Refusal::body_too_large, "body_too_large"},
    RefusalName{Refusal::headers_too_large, "headers_too_large"},
    RefusalName{Refusal::length_required, "length_required"},
    RefusalName{Refusal::request_timeout, "request_timeout"},
    RefusalName{Refusal::unsupported_media_type, "unsupported_media_type"},
    RefusalName{Refusal::unsupported_content_encoding, "unsupported_content_encoding"},
    RefusalName{Refusal::expectation_failed, "expectation_failed"},
    RefusalName{Refusal::unknown_method, "unknown_method"},
    RefusalName{Refusal::method_not_allowed, "method_not_allowed"},
    RefusalName{Refusal::not_found, "not_found"},
    RefusalName{Refusal::not_authenticated, "not_authenticated"},
    RefusalName{Refusal::token_expired, "token_expired"},
    RefusalName{Refusal::session_ended, "session_ended"},
    RefusalName{Refusal::fresh_login_required, "fresh_login_required"},
    RefusalName{Refusal::permission_denied, "permission_denied"},
    RefusalName{Refusal::cross_site_request, "cross_site_request"},
    RefusalName{Refusal::wrong_credentials, "wrong_credentials"},
    RefusalName{Refusal::email_not_verified, "email_not_verified"},
    RefusalName{Refusal::account_disabled, "account_disabled"},
    RefusalName{Refusal::weak_password, "weak_password"},
    RefusalName{Refusal::username_taken, "username_taken"},
    RefusalName{Refusal::email_taken, "email_taken"},
    RefusalName{Refusal::wrong_code, "wrong_code"},
    RefusalName{Refusal::code_expired, "code_expired"},
    RefusalName{Refusal::code_attempts_spent, "code_attempts_spent"},
    RefusalName{Refusal::code_budget_spent, "code_budget_spent"},
    RefusalName{Refusal::verification_unknown, "verification_unknown"},
    RefusalName{Refusal::already_verified, "already_verified"},
    RefusalName{Refusal::link_invalid, "link_invalid"},
    RefusalName{Refusal::password_required, "password_required"},
    RefusalName{Refusal::resend_too_early, "resend_too_early"},
    RefusalName{Refusal::refresh_token_unknown, "refresh_token_unknown"},
    RefusalName{Refusal::refresh_token_reused, "refresh_token_reused"},
    RefusalName{Refusal::mfa_token_invalid, "mfa_token_invalid"},
    RefusalName{Refusal::factor_exists, "factor_exists"},
    RefusalName{Refusal::factor_missing, "factor_missing"},
    RefusalName{Refusal::enrolment_required, "enrolment_required"},
    RefusalName{Refusal::rate_limited, "rate_limited"},
    RefusalName{Refusal::overloaded, "overloaded"},
    RefusalName{Refusal::deadline_exceeded, "deadline_exceeded"},
    RefusalName{Refusal::cancelled, "cancelled"},
    RefusalName{Refusal::unavailable, "unavailable"},
    RefusalName{Refusal::internal, "internal"},
};
static_assert(refusal_names.size() == static_cast<std::size_t>(Refusal::internal) + 1, "every refusal has a name");

constexpr std::string_view name_of(Refusal refusal) { return refusal_names[static_cast<std::size_t>(refusal)].name; }

}  // namespace ostiary
