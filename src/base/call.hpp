#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace ostiary {

/// The signed-in person (or service) behind a call, as the dispatcher proved it.
struct Caller {
  UserId user_id;
  SessionId session_id;
  std::vector<std::string> roles;
  std::vector<std::string> amr;  ///< how it was proven: pwd, otp, ... (RFC 8176)
  Time auth_time;                ///< when the person last proved who they are
  Time token_expires_at;
  Digest token_hash{};  ///< SHA-256 of the access token, the key of what is remembered about it
};

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
  std::optional<Caller> caller;
  bool by_operator = false;  ///< a command at the machine, which nobody else could give
};

}  // namespace ostiary
