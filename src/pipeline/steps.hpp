// The steps of a frame, as both ways of running take them. Sources, processors and sinks may be the caller's own:
// what one of them throws is an error like any other, for an exception would end the process with its thread.
#pragma once

#include <optional>

#include "run_context.hpp"

namespace inflight {

/// Source::read, guarded.
Result<bool> read(Source& source, Frame& frame);

/// The next frame of source `id`, with its source and times set, be it an unreadable one. False: there is none, or
/// none any more.
Result<bool> read_frame(const RunParts& parts, SourceId id, Frame& frame, StageMeter& meter);

/// Counts what reading gave. None: the source has ended. Else the outcome of the frame so far: an error where it
/// could not be read, so that it goes on to its place in the order as a failed one.
std::optional<Outcome> count_reading(Result<bool> got, Tally& tally, EventLog& events, TimePoint now);

/// Writes the picture into the request's input.
Result<SourceTransform> preprocess(const Detector& detector, const Picture& picture, InferRequest& request);

/// Turns the outputs of a finished inference into the detections of `result`. The outcome is that of the frame.
Outcome postprocess(const Detector& detector, InferRequest& request, const SourceTransform& transform,
                    FrameResult& result);

/// Lets `result` say how its frame ended. One that would have been emitted has failed if `outcome` is an error.
void conclude(FrameResult& result, const Outcome& outcome);

/// When and where one inference ran.
struct InferTimes {
  std::uint64_t number = 0;
  std::uint32_t lane = 0;
  TimePoint submitted, completed;
};
/// For a recorder. `outcome`: of the engine.
TimelineRecorder::Request request_record(const Detector& detector, const Outcome& outcome, const InferTimes& times);

Result<void> write(Sink& sink, const FrameResult& result);
Result<void> finish(Sink& sink);

}  // namespace inflight
