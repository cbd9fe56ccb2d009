// Keeps a simulated vendor in a state folder, so that all programs that name the folder see the same vendor.
//
// The hierarchy lies in STATE/sim/intel: one PEM file for each certificate and key, mode 0600, in folders of mode 0700. It appears
// whole or not at all: it is written beside its place, flushed and renamed, under a lock that a second process waits for.
#pragma once

#include <filesystem>

#include "sim/intel_vendor.h"

namespace vidimus {

// Loads the vendor, making it first when there is none. Errors: sim.state.corrupt, state.*
Result<SimulatedIntel> OpenOrCreateSimulatedIntel(const std::filesystem::path& state);

// Loads the vendor and never makes one. Errors: sim.state.missing, which names the cure, and those above
Result<SimulatedIntel> OpenSimulatedIntel(const std::filesystem::path& state);

}  // namespace vidimus
