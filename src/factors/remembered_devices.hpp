#pragma once

#include <string>

#include "factors/deps.hpp"
#include "ostiary/v1/factors.pb.h"

namespace ostiary::factors {

/// The caller's remembered devices, the newest first.
Result<v1::ListRememberedDevicesReply> list_remembered_devices(Deps& deps, const Call& call,
                                                               const v1::ListRememberedDevicesRequest& request);

/// Forgets one of the caller's remembered devices; not_found for anybody else's.
Result<v1::ForgetRememberedDeviceReply> forget_remembered_device(Deps& deps, const Call& call,
                                                                 const v1::ForgetRememberedDeviceRequest& request);

Result<v1::ForgetRememberedDevicesReply> forget_remembered_devices(Deps& deps, const Call& call,
                                                                   const v1::ForgetRememberedDevicesRequest& request);

/// From now on the user's logins on the device of this token need no second factor, for `remember_lifetime`. An account
/// has at most a hundred such devices; the oldest make room. The owner is told.
void remember_device(Transaction& tx, const Deps& deps, const Call& call, UserId user, const std::string& device_token,
                     Time now);

}  // namespace ostiary::factors
