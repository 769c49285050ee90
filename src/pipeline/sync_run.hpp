// The notebook's loop: one request, one step after the other.
#pragma once

#include "run_context.hpp"

namespace inflight {

/// Everything on the calling thread. `closing` ends it after the current frame; a sink
/// that fails sets it.
Result<RunNumbers> run_sync(RunParts& parts, Tally& tally, EventLog& events, std::atomic<bool>& closing);

}  // namespace inflight
