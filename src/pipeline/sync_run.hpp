// The notebook's loop: one request, one step after the other.
#pragma once

#include "run_context.hpp"

namespace inflight {

struct SyncBooks {
  Tally& tally;
  EventLog& events;
  std::atomic<bool>& closing;  ///< ends it after the current frame; a sink that fails sets it
};

/// Everything on the calling thread: a frame, its models one after the other, what is found cut out and given to the
/// cascade, box by box.
Result<RunNumbers> run_sync(RunParts& parts, SyncBooks books);

}  // namespace inflight
