#pragma once

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace ostiary {

/// An unauthenticated caller, or any caller of a call whose policy requires no authentication.
struct Nobody {};

/// A signed-in user whom the dispatcher has authenticated.
struct Person {
  UserId user_id;
  SessionId session_id;
  std::vector<std::string> roles;
  std::vector<std::string> amr;  ///< how the user authenticated: pwd, otp, ... (RFC 8176)
  Time auth_time;                ///< when the user last authenticated
  Time token_expires_at;
  Digest token_hash{};  ///< SHA-256 of the access token: its key in the session cache
};

/// A user who has passed the first factor of a login that requires a second. There is no session yet.
struct HalfPerson {
  UserId user_id;
};

/// A program that the dispatcher has authenticated by its service key.
struct Service {
  ServiceId id;
  std::vector<std::string> permissions;  ///< permissions of its key
};

/// An operator who runs a command on the machine.
struct Operator {};

/// Who makes a call.
using Caller = std::variant<Nobody, HalfPerson, Person, Service, Operator>;

/// The device that a call comes from, by its signed cookie or `device_id`.
struct Device {
  Digest hash;         ///< SHA-256 of its id, what storage keeps
  bool has_logged_in;  ///< whether the signature says that some login was completed on it
  std::array<std::uint8_t, 16> id{};
};

/// What a use case knows about a call besides its message. The dispatcher fills it in the same way for HTTP and gRPC.
struct Call {
  Time received_at;
  std::string method;      ///< ostiary.v1.AuthService.Login
  std::string address;     ///< the client's IP address in canonical text, after trusted proxies
  std::string user_agent;  ///< at most 512 bytes, valid UTF-8
  std::string trace_id;    ///< 32 hexadecimal digits (W3C trace context)
  std::optional<Device> device;
  Caller caller;

  /// The user who makes the call. Throws std::logic_error for other callers; use it only in calls whose policy admits
  /// only users.
  const Person& person() const {
    const auto* const person = std::get_if<Person>(&caller);
    if (person == nullptr) throw std::logic_error(method + " was let in without a person");
    return *person;
  }
};

}  // namespace ostiary
