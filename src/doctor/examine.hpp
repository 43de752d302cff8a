#pragma once

#include "config.hpp"
#include "doctor/finding.hpp"

namespace ostiary::doctor {

/// Looks at all that a server with these settings would need, in the order in which it would: settings, storage, clock,
/// keys, mail, ports. Works beside running servers and changes nothing; takes up to half a minute where what it asks
/// does not answer. Where settings are wrong it says which, and looks no further.
Findings examine(const ConfigSources& sources);

}  // namespace ostiary::doctor
