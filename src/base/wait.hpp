// Waiting for a moment, by whichever clock.
#pragma once

#include "inflight/clock.hpp"

namespace inflight {

/// Blocks the calling thread until `when` has come.
void wait_until(Clock& clock, TimePoint when);

}  // namespace inflight
