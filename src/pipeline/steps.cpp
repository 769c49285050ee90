#include "steps.hpp"

#include <algorithm>
#include <vector>

namespace inflight {
namespace {

/// Calls `work`; an exception becomes an error that says `who` threw it.
template <class Work>
auto guarded(ErrorCode code, const char* who, Work&& work) noexcept -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    return fail(code, std::string(who) + " threw: " + error.what());
  } catch (...) {
    return fail(code, std::string(who) + " threw something that is not a std::exception");
  }
}

Result<void> read_detections(const Detector& detector, InferRequest& request, const SourceTransform& transform,
                             FrameResult& result) {
  // One per thread, so that it keeps its memory from frame to frame.
  thread_local std::vector<TensorView> outputs;
  outputs.clear();
  for (std::size_t port = 0; port < detector.model->info().outputs.size(); ++port) {
    Result<TensorView> output = request.output(port);
    if (!output) return fail(std::move(output.error()));
    outputs.push_back(*output);
  }
  return detector.postprocessor->run(outputs, transform, result.detections);
}

/// The source goes on after it.
bool is_lost_frame(const Error& error) noexcept { return error.code == ErrorCode::unreadable_frame; }

}  // namespace

Result<bool> read(Source& source, Frame& frame) {
  return guarded(ErrorCode::unreadable_input, "the source", [&] { return source.read(frame); });
}

Result<bool> read_frame(const RunParts& parts, SourceId id, Frame& frame, StageMeter& meter) {
  TimePoint begin = parts.clock().now();
  Result<bool> got = read(*parts.sources[id].source, frame);
  if (got ? !*got : !is_lost_frame(got.error())) return got;
  frame.source = id;
  // A source knows best when its work began: a decoder's delay lies before this call, the wait for a camera
  // within it. But it tells steady time, which means nothing in a run by another clock.
  if (parts.options.clock || frame.read_at == TimePoint{}) frame.read_at = begin;
  meter.record(std::max(begin, frame.read_at), parts.clock().now(), frame.id);
  return got;
}

std::optional<Outcome> count_reading(Result<bool> got, Tally& tally, EventLog& events, TimePoint now) {
  if (got && !*got) return std::nullopt;
  if (!got && !is_lost_frame(got.error())) {
    events.fail(now, "source_failed", got.error());
    return std::nullopt;
  }
  tally.read.fetch_add(1, std::memory_order_relaxed);
  if (got) return Served{};
  events.add(now, "frame_unreadable", got.error().message);  // its own event: not everybody keeps the results
  return fail(std::move(got.error()));
}

Result<SourceTransform> preprocess(const Detector& detector, const Picture& picture, InferRequest& request) {
  Result<TensorView> input = request.input(0);
  if (!input) return fail(std::move(input.error()));
  return guarded(ErrorCode::internal, "the preprocessor", [&] { return detector.preprocessor->run(picture, *input); });
}

Outcome postprocess(const Detector& detector, InferRequest& request, const SourceTransform& transform,
                    FrameResult& result) {
  Result<void> done = guarded(ErrorCode::internal, "the postprocessor",
                              [&] { return read_detections(detector, request, transform, result); });
  if (!done) return fail(std::move(done.error()));
  return Served{};
}

void conclude(FrameResult& result, const Outcome& outcome) {
  result.reason.clear();
  if (outcome) return;
  if (result.status == FrameStatus::emitted) result.status = FrameStatus::failed;
  result.reason.append(to_string(outcome.error().code)).append(": ").append(outcome.error().message);
  result.detections.clear();
}

TimelineRecorder::Request request_record(const Detector& detector, const Outcome& outcome, const InferTimes& times) {
  TimelineRecorder::Request request;
  request.number = times.number;
  request.intended = request.submitted = times.submitted;  // a pipeline goes as fast as it can
  request.completed = times.completed;
  request.lane = times.lane;
  request.failed = !outcome;
  if (outcome) {
    request.device = outcome->device;
    request.batch = outcome->batch;
  } else {
    // An engine that fails does not say where: what serves now is the best guess.
    thread_local std::string device;
    device = detector.model->runtime().device;
    request.device = device;
  }
  return request;
}

Result<void> write(Sink& sink, const FrameResult& result) {
  return guarded(ErrorCode::output_failed, "the sink", [&] { return sink.write(result); });
}

Result<void> finish(Sink& sink) {
  return guarded(ErrorCode::output_failed, "the sink", [&] { return sink.finish(); });
}

}  // namespace inflight
