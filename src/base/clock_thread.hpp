// The thread of steady_clock(), before it is needed.
#pragma once

#include "inflight/result.hpp"

namespace inflight {

/// Timers run on a thread that starts with the first of them, which may be set where nothing can be done about a thread
/// that does not start. Who is about to depend on timers asks for it here. Errors: those of Worker::start.
Result<void> start_clock_thread();

}  // namespace inflight
