// One frame on its way, and everything it needs until the last sink has let it go.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "inflight/frame.hpp"
#include "inflight/infer_queue.hpp"
#include "inflight/vision.hpp"
#include "steps.hpp"

namespace inflight {

/// Pooled: its vectors and strings keep their memory from frame to frame. Belongs to one stage at a time; the
/// queues between stages hand it over. Only `holders` is touched by several threads.
struct Job {
  FrameResult result;
  std::uint64_t sequence = 0;  ///< of its source, without gaps: what order means
  std::size_t credit = 0;      ///< bytes taken from the source's budget
  SourceTransform transform;
  InferQueue::Slot slot;            ///< the request, while it holds this frame
  Outcome outcome;                  ///< so far: an error settles it
  std::optional<InferTimes> times;  ///< where somebody records, and once it was submitted
  std::atomic<int> holders = 0;     ///< sinks that have not let it go
};

}  // namespace inflight
