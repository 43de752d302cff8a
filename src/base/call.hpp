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

/// A caller who proved nothing, or of whom the call's policy asks no proof.
struct Nobody {};

/// A signed-in person, as the dispatcher proved them.
struct Person {
  UserId user_id;
  SessionId session_id;
  std::vector<std::string> roles;
  std::vector<std::string> amr;  ///< how it was proven: pwd, otp, ... (RFC 8176)
  Time auth_time;                ///< when the person last proved who they are
  Time token_expires_at;
  Digest token_hash{};  ///< SHA-256 of the access token, the key of what is remembered about it
};

/// Somebody who has given the first factor of a login that needs a second: there is no session yet.
struct HalfPerson {
  UserId user_id;
};

/// A program that calls with a service key, as the dispatcher proved it.
struct Service {
  ServiceId id;
  std::vector<std::string> permissions;  ///< what its key grants
};

/// Somebody who runs a command at the machine.
struct Operator {};

/// Who makes a call.
using Caller = std::variant<Nobody, HalfPerson, Person, Service, Operator>;

/// The device that a call comes from, by its signed cookie or `device_id`.
struct Device {
  Digest hash;         ///< SHA-256 of its id, what storage keeps
  bool has_logged_in;  ///< whether the signature says that some login was completed on it
  std::array<std::uint8_t, 16> id{};
};

/// What a use case knows of the call besides its message. The dispatcher fills it alike for HTTP and gRPC.
struct Call {
  Time received_at;
  std::string method;      ///< ostiary.v1.AuthService.Login
  std::string address;     ///< the client's IP address in canonical text, after trusted proxies
  std::string user_agent;  ///< at most 512 bytes, valid UTF-8
  std::string trace_id;    ///< 32 hexadecimal digits (W3C trace context)
  std::optional<Device> device;
  Caller caller;

  /// The person who calls. Throws std::logic_error where somebody else does: a use case asks only if the policy of its
  /// call lets in nobody but persons.
  const Person& person() const {
    const auto* const person = std::get_if<Person>(&caller);
    if (person == nullptr) throw std::logic_error(method + " was let in without a person");
    return *person;
  }
};

}  // namespace ostiary
