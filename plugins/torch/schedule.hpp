// How many inferences run side by side, and how many threads compute each.
#pragma once

#include "inflight/engine.hpp"

namespace inflight::torchscript {

struct Schedule {
  int lanes = 1;
  /// Of each lane, which is one of them. Lanes share no pool: OpenMP gives every thread that calls a team of its
  /// own, so lanes × intra_op_threads compute.
  /// Above 1, those spin where they wait for each other, and only the environment can say otherwise: a small
  /// network on two busy cores ran at 17–24 frames per second, with OMP_WAIT_POLICY=PASSIVE at 79–101.
  int intra_op_threads = 1;
  int optimal_requests = 1;
};

/// On a CPU, never more threads than `options.threads`, or than `cores` where that is 0.
Schedule make_schedule(const CompileOptions& options, int cores, bool on_cpu);

}  // namespace inflight::torchscript
