// One frame on its way, and everything it needs until the last sink has let it go.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "inflight/frame.hpp"
#include "inflight/infer_queue.hpp"
#include "inflight/vision.hpp"
#include "steps.hpp"

namespace inflight {

struct Lane;

/// What one model does with a frame.
struct ModelPart {
  InferQueue::Slot slot;  ///< the request, while it holds this frame
  SourceTransform transform;
  Outcome outcome;                  ///< of the inference
  std::optional<InferTimes> times;  ///< where somebody records, and once it was submitted

  /// The inference has ended, now.
  void take(Completed done, const Clock& clock) {
    outcome = std::move(done.outcome);
    slot = std::move(done.slot);
    if (times) times->completed = clock.now();
  }
};

/// One box of a frame, cut out for the model of a cascade.
struct CropPart {
  Detection* detection = nullptr;
  InferQueue::Slot slot;
  Outcome outcome;
};

/// Pooled: its vectors and strings keep their memory from frame to frame. Belongs to one stage at a time; the
/// queues between stages hand it over. While models are at work on it, each has its own part. Only `holders` is
/// touched by several threads.
struct Job {
  FrameResult result;
  Lane* lane = nullptr;        ///< of its source; does not change
  std::uint64_t sequence = 0;  ///< of its source, without gaps: what order means
  std::size_t credit = 0;      ///< bytes taken from the source's budget
  bool has_credit = false;     ///< false: dropped for want of one, or its credit went to a newer frame
  Outcome outcome;             ///< so far: an error settles it
  std::vector<ModelPart> models;
  std::vector<CropPart> crops;
  std::size_t parts_left = 0;    ///< models, then crops, that have not answered
  std::atomic<int> holders = 0;  ///< sinks that have not let it go
};

/// Where the results of a model go.
inline std::vector<Detection>& detections_of(FrameResult& result, std::size_t model) {
  return result.models.empty() ? result.detections : result.models[model].detections;
}

/// What the stages before it tell `post`.
struct Completion {
  enum class Part : std::uint8_t {
    frame,   ///< the whole frame: it was never inferred
    model,   ///< model number `index` is done with it
    crop,    ///< the cascade is done with crop number `index`
    source,  ///< `job` is none; source number `index` gives no more frames
    run      ///< no source gives more frames, and every model is done
  };
  Job* job = nullptr;
  Part part = Part::frame;
  std::uint32_t index = 0;
};

}  // namespace inflight
