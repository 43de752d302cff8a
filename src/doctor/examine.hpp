#pragma once

#include "config.hpp"
#include "doctor/finding.hpp"

namespace ostiary::doctor {

/// Checks everything that a server with these settings needs, in this order: settings, storage, clock, keys, mail,
/// ports. Changes nothing and may run while servers run. Takes up to half a minute if something does not answer. If
/// settings are wrong it reports them and checks nothing that depends on them.
Findings examine(const ConfigSources& sources);

}  // namespace ostiary::doctor
