#include "schedule.hpp"

#include <algorithm>

namespace inflight {
namespace {

int count_lanes(const CompileOptions& options, int threads, bool on_cpu) {
  if (options.execution_streams > 0)
    return on_cpu ? std::min(options.execution_streams, threads) : options.execution_streams;
  if (options.hint == PerformanceHint::latency) return 1;
  // An accelerator computes one at a time; a second lane hides the copies of the first.
  int lanes = on_cpu ? threads : 2;
  return options.requests > 0 ? std::min(options.requests, lanes) : lanes;
}

}  // namespace

Schedule make_schedule(const CompileOptions& options, int cores, bool on_cpu, IntraOpPool pool) {
  int threads = options.threads > 0 ? options.threads : cores;
  Schedule schedule;
  schedule.lanes = count_lanes(options, threads, on_cpu);
  // One thread per inference is the most efficient; cores that no lane takes help. What an accelerator leaves to the
  // CPU is small.
  int left = pool == IntraOpPool::shared ? threads - schedule.lanes + 1 : threads / schedule.lanes;
  schedule.intra_op_threads = on_cpu ? std::max(1, left) : 1;
  // One more than run, so that a lane which is done finds the next inference waiting.
  bool latency = options.hint == PerformanceHint::latency && schedule.lanes == 1;
  schedule.optimal_requests = options.requests > 0 ? options.requests : schedule.lanes + (latency ? 0 : 1);
  return schedule;
}

}  // namespace inflight
