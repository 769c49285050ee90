// How many inferences run side by side, and how many threads compute each.
#pragma once

#include "inflight/engine.hpp"

namespace inflight::onnxruntime {

struct Schedule {
  int lanes = 1;
  /// Of the session's pool, in ONNX Runtime's counting: the lane that calls is one of them. The pool is shared by
  /// the lanes, so lanes + intra_op_threads − 1 threads compute.
  int intra_op_threads = 1;
  int optimal_requests = 1;
};

/// On a CPU, never more threads than `options.threads`, or than `cores` where that is 0.
Schedule make_schedule(const CompileOptions& options, int cores, bool on_cpu);

}  // namespace inflight::onnxruntime
