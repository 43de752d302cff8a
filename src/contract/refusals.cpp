#include "contract/refusals.hpp"

#include <array>

namespace ostiary::contract {
namespace {

// The numbers of grpc::StatusCode, written out so that this table needs no gRPC.
constexpr int grpc_cancelled = 1, grpc_invalid_argument = 3, grpc_deadline_exceeded = 4, grpc_not_found = 5,
              grpc_already_exists = 6, grpc_permission_denied = 7, grpc_resource_exhausted = 8,
              grpc_failed_precondition = 9, grpc_unimplemented = 12, grpc_internal = 13, grpc_unavailable = 14,
              grpc_unauthenticated = 16;

using Cost = RefusalCost;

constexpr std::array table{
    RefusalStatus{Refusal::malformed_request, 400, grpc_invalid_argument, Cost::call, "The request can't be read"},
    RefusalStatus{Refusal::unknown_field, 400, grpc_invalid_argument, Cost::call, "Unknown field"},
    RefusalStatus{Refusal::duplicate_field, 400, grpc_invalid_argument, Cost::call, "A field is repeated"},
    RefusalStatus{Refusal::wrong_type, 400, grpc_invalid_argument, Cost::call, "A field has the wrong type"},
    RefusalStatus{Refusal::missing_field, 400, grpc_invalid_argument, Cost::call, "A field is missing"},
    RefusalStatus{Refusal::invalid_field, 400, grpc_invalid_argument, Cost::call, "A field is invalid"},
    RefusalStatus{Refusal::conflicting_credentials, 400, grpc_invalid_argument, Cost::call,
                  "The request names different credentials"},
    RefusalStatus{Refusal::body_too_large, 413, grpc_resource_exhausted, Cost::call, "The request is too large"},
    RefusalStatus{Refusal::headers_too_large, 431, grpc_resource_exhausted, Cost::call, "The headers are too large"},
    RefusalStatus{Refusal::length_required, 411, grpc_invalid_argument, Cost::call, "The body's length is missing"},
    RefusalStatus{Refusal::request_timeout, 408, grpc_deadline_exceeded, Cost::call,
                  "The request took too long to arrive"},
    RefusalStatus{Refusal::unsupported_media_type, 415, grpc_invalid_argument, Cost::call, "The body is not JSON"},
    RefusalStatus{Refusal::unsupported_content_encoding, 415, grpc_invalid_argument, Cost::call,
                  "The body's content encoding is not supported"},
    RefusalStatus{Refusal::expectation_failed, 417, grpc_invalid_argument, Cost::call, "The expectation can't be met"},
    RefusalStatus{Refusal::unknown_method, 501, grpc_unimplemented, Cost::call, "The method is not known"},
    RefusalStatus{Refusal::method_not_allowed, 405, grpc_unimplemented, Cost::call, "Method not allowed"},
    RefusalStatus{Refusal::not_found, 404, grpc_not_found, Cost::call, "Not found"},
    RefusalStatus{Refusal::not_authenticated, 401, grpc_unauthenticated, Cost::call, "Not signed in"},
    RefusalStatus{Refusal::token_expired, 401, grpc_unauthenticated, Cost::call, "The access token has expired"},
    RefusalStatus{Refusal::session_ended, 401, grpc_unauthenticated, Cost::call, "The session has ended"},
    RefusalStatus{Refusal::fresh_login_required, 403, grpc_permission_denied, Cost::call, "A fresh login is needed"},
    RefusalStatus{Refusal::permission_denied, 403, grpc_permission_denied, Cost::call, "Not permitted"},
    RefusalStatus{Refusal::cross_site_request, 403, grpc_permission_denied, Cost::call,
                  "The request comes from another site"},
    RefusalStatus{Refusal::wrong_credentials, 401, grpc_unauthenticated, Cost::guess, "The credentials are wrong"},
    RefusalStatus{Refusal::email_not_verified, 403, grpc_failed_precondition, Cost::guess,
                  "The email address is not verified"},
    // The password was right; but nothing given back keeps the audit rows of such attempts as few as those of guesses.
    RefusalStatus{Refusal::account_disabled, 403, grpc_permission_denied, Cost::guess, "The account is disabled"},
    RefusalStatus{Refusal::weak_password, 400, grpc_invalid_argument, Cost::call, "The password is too easy to guess"},
    RefusalStatus{Refusal::username_taken, 409, grpc_already_exists, Cost::call, "The username is taken"},
    RefusalStatus{Refusal::email_taken, 409, grpc_already_exists, Cost::call, "The email address is taken"},
    RefusalStatus{Refusal::wrong_code, 400, grpc_invalid_argument, Cost::guess, "The code is wrong"},
    RefusalStatus{Refusal::code_expired, 400, grpc_failed_precondition, Cost::call, "The code has expired"},
    RefusalStatus{Refusal::code_attempts_spent, 400, grpc_failed_precondition, Cost::call,
                  "No attempts are left for this code"},
    RefusalStatus{Refusal::code_budget_spent, 429, grpc_resource_exhausted, Cost::call, "Too many wrong codes"},
    RefusalStatus{Refusal::verification_unknown, 404, grpc_not_found, Cost::call, "There is no such verification"},
    RefusalStatus{Refusal::already_verified, 409, grpc_already_exists, Cost::call,
                  "The email address is verified already"},
    RefusalStatus{Refusal::link_invalid, 400, grpc_invalid_argument, Cost::call, "The link doesn't work"},
    RefusalStatus{Refusal::password_required, 403, grpc_failed_precondition, Cost::call,
                  "The password is needed as well"},
    RefusalStatus{Refusal::resend_too_early, 429, grpc_resource_exhausted, Cost::call,
                  "It is too early for another code"},
    RefusalStatus{Refusal::refresh_token_unknown, 401, grpc_unauthenticated, Cost::call,
                  "The refresh token is not known"},
    RefusalStatus{Refusal::refresh_token_reused, 401, grpc_unauthenticated, Cost::call,
                  "The refresh token was used before"},
    RefusalStatus{Refusal::mfa_token_invalid, 401, grpc_unauthenticated, Cost::call,
                  "The second step belongs to no login"},
    RefusalStatus{Refusal::wrong_assertion, 400, grpc_invalid_argument, Cost::guess,
                  "The security key or passkey was not accepted"},
    RefusalStatus{Refusal::factor_exists, 409, grpc_already_exists, Cost::call, "There is a second factor already"},
    RefusalStatus{Refusal::factor_missing, 409, grpc_failed_precondition, Cost::call, "There is no such second factor"},
    RefusalStatus{Refusal::enrolment_required, 403, grpc_failed_precondition, Cost::call,
                  "A second factor must be enrolled"},
    RefusalStatus{Refusal::rate_limited, 429, grpc_resource_exhausted, Cost::call, "Too many requests"},
    RefusalStatus{Refusal::overloaded, 503, grpc_unavailable, Cost::nothing, "Too busy"},
    RefusalStatus{Refusal::deadline_exceeded, 504, grpc_deadline_exceeded, Cost::nothing, "The deadline has passed"},
    RefusalStatus{Refusal::cancelled, 499, grpc_cancelled, Cost::call, "The client closed the request"},
    RefusalStatus{Refusal::unavailable, 503, grpc_unavailable, Cost::nothing, "Not available"},
    RefusalStatus{Refusal::internal, 500, grpc_internal, Cost::nothing, "Internal error"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].refusal != static_cast<Refusal>(i)) return false;
  }
  return table.size() == refusal_names.size();
}
static_assert(in_order(), "every refusal has its row, in the order of the enum");

}  // namespace

const RefusalStatus& status_of(Refusal refusal) { return table[static_cast<std::size_t>(refusal)]; }

}  // namespace ostiary::contract
