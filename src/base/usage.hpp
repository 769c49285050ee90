// What this process and its threads have used, and may use.
#pragma once

#include "inflight/api.hpp"
#include "inflight/clock.hpp"

namespace inflight {

/// Processor time of the calling thread / of all threads of the process, user and system.
Duration thread_cpu_time() noexcept;
Duration process_cpu_time() noexcept;

/// Largest resident set so far, in MiB.
double peak_rss_mb() noexcept;

/// Processors that this process may use: the smaller of its affinity mask and its cgroup's CPU quota (v1 and
/// v2), rounded up; at least 1. What the host has does not matter. Public: measure.hpp declares it to users.
INFLIGHT_API int available_cores() noexcept;

}  // namespace inflight
