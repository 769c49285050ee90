// The steps of a frame, as both ways of running take them. Sources, processors and sinks may be the caller's own:
// what one of them throws is an error like any other, for an exception would end the process with its thread.
#pragma once

#include <optional>

#include "run_context.hpp"

namespace inflight {

/// Source::read, guarded.
Result<bool> read(Source& source, Frame& frame);

/// Reads the frames of source `id`, and counts them.
class FrameReader {
 public:
  struct Books {
    Tally& tally;
    EventLog& events;
  };
  FrameReader(const RunParts& parts, SourceId id, Source& source, Books books);

  /// The next frame, with its source and times set, be it an unreadable one. None: the source has ended. Else the
  /// outcome of the frame so far: an error where it could not be read, so that it goes on to its place in the order
  /// as a failed one.
  std::optional<Outcome> next(Frame& frame, StageMeter& meter);

 private:
  Result<bool> read_frame(Frame& frame, StageMeter& meter);
  const RunParts& parts_;
  const SourceId id_;
  Source& source_;
  const Books books_;
};

/// Writes `picture` into the request's inputs; of a preprocessor alone, into its first, or into `input`.
Result<SourceTransform> preprocess(const Detector& detector, const Picture& picture, InferRequest& request);
Result<SourceTransform> preprocess(Preprocessor& preprocessor, const Picture& picture, InferRequest& request);
Result<SourceTransform> preprocess(Preprocessor& preprocessor, const Picture& picture, TensorView input);

/// The inputs besides the picture.
Result<void> fill_side_inputs(const ModelInputs& inputs, const SourceTransform& transform, InferRequest& request);

/// Turns the outputs of a finished inference into detections. The outcome is that of the frame.
Outcome postprocess(const Detector& detector, InferRequest& request, const SourceTransform& transform,
                    std::vector<Detection>& detections);

/// The outputs of a finished inference, one after the other, as the features of `detection`. Of a batch, those of its
/// first picture.
Outcome read_features(const CompiledModel& model, InferRequest& request, Detection& detection);

/// Which boxes of `detections` the cascade takes.
bool is_wanted(const Cascade& cascade, const Detection& detection);

/// What lies under `box`, without a copy: its edges are moved outwards to even pixels. At least 2 × 2 pixels.
Picture cut_out(const Picture& picture, const Box& box);

/// Where there are several models, a place for the results of each.
void name_results(FrameResult& result, const std::vector<PipelineModel>& models);

/// For another frame: emitted, unless something comes in between.
void renew(FrameResult& result) noexcept;

/// Lets `result` say how its frame ended. One that would have been emitted has failed if `outcome` is an error.
void conclude(FrameResult& result, const Outcome& outcome);

/// When and where one inference ran.
struct InferTimes {
  std::uint64_t number = 0;
  std::uint32_t lane = 0;
  TimePoint submitted, completed;
};
/// For a recorder. `outcome`: of the engine.
TimelineRecorder::Request request_record(const CompiledModel& model, const Outcome& outcome, const InferTimes& times);

Result<void> write(Sink& sink, const FrameResult& result);
Result<void> finish(Sink& sink);

}  // namespace inflight
