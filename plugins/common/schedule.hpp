// How many inferences run side by side on lanes, and how many threads compute each.
#pragma once

#include <cstdint>

#include "inflight/engine.hpp"

namespace inflight {

struct Schedule {
  int lanes = 1;
  int intra_op_threads = 1;  ///< the lane that calls is one of them
  int optimal_requests = 1;
};

/// Whose the threads are that help a lane with its operators.
enum class IntraOpPool : std::uint8_t {
  shared,   ///< one pool for all lanes: lanes + intra_op_threads − 1 threads compute
  per_lane  ///< one for each lane: lanes × intra_op_threads do
};

/// On a CPU, never more threads than `options.threads`, or than `cores` where that is 0.
Schedule make_schedule(const CompileOptions& options, int cores, bool on_cpu, IntraOpPool pool);

}  // namespace inflight
