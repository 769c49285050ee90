#include "steps.hpp"

#include <algorithm>
#include <cmath>
#include <span>
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

/// Of the calling thread, so that it keeps its memory from frame to frame.
Result<std::span<const TensorView>> outputs_of(const CompiledModel& model, InferRequest& request) {
  thread_local std::vector<TensorView> outputs;
  outputs.clear();
  for (std::size_t port = 0; port < model.info().outputs.size(); ++port) {
    Result<TensorView> output = request.output(port);
    if (!output) return fail(std::move(output.error()));
    outputs.push_back(*output);
  }
  return outputs;
}

/// `batch`: of the model; what has one row for each of it gives the first.
Result<void> append_floats(const TensorView& output, std::int64_t batch, std::vector<float>& all) {
  if (output.type() != ElementType::f32)
    return fail(ErrorCode::model_unusable, "the cascade's model gives no f32; compile it with that output type");
  std::span<const float> values = output.as<const float>();
  if (batch > 1 && output.shape().rank() > 1 && output.shape()[0] == batch)
    values = values.first(values.size() / static_cast<std::size_t>(batch));
  all.insert(all.end(), values.begin(), values.end());
  return {};
}

/// The source goes on after it.
bool is_lost_frame(const Error& error) noexcept { return error.code == ErrorCode::unreadable_frame; }

}  // namespace

Result<bool> read(Source& source, Frame& frame) {
  return guarded(ErrorCode::unreadable_input, "the source", [&] { return source.read(frame); });
}

FrameReader::FrameReader(const RunParts& parts, SourceId id, Source& source, Books books)
    : parts_(parts), id_(id), source_(source), books_(books) {
  source_.on_event([this](const SourceEvent& event) {
    books_.tally.count_event(id_, event.kind);
    books_.events.add(parts_.clock().now(), event.kind, event.text);
  });
}

Result<bool> FrameReader::read_frame(Frame& frame, StageMeter& meter) {
  TimePoint begin = parts_.clock().now();
  Result<bool> got = read(source_, frame);
  if (got ? !*got : !is_lost_frame(got.error())) return got;
  frame.source = id_;
  // A source knows best when its work began: a decoder's delay lies before this call, the wait for a camera
  // within it. But it tells steady time, which means nothing in a run by another clock.
  if (parts_.options.clock || frame.read_at == TimePoint{}) frame.read_at = begin;
  meter.record(std::max(begin, frame.read_at), parts_.clock().now(), frame.id);
  return got;
}

std::optional<Outcome> FrameReader::next(Frame& frame, StageMeter& meter) {
  Result<bool> got = read_frame(frame, meter);
  if (got && !*got) return std::nullopt;
  TimePoint now = parts_.clock().now();
  if (!got && !is_lost_frame(got.error())) {
    books_.events.fail(now, "source_failed", got.error());
    return std::nullopt;
  }
  books_.tally.count_read(id_);
  if (got) return Served{};
  books_.events.add(now, "frame_unreadable", got.error().message);  // its own event: not everybody keeps the results
  return fail(std::move(got.error()));
}

Result<SourceTransform> preprocess(const Detector& detector, const Picture& picture, InferRequest& request) {
  Result<TensorView> input = request.input(detector.inputs.picture);
  if (!input) return fail(std::move(input.error()));
  Result<SourceTransform> transform = preprocess(*detector.preprocessor, picture, *input);
  if (!transform) return transform;
  if (Result<void> filled = fill_side_inputs(detector.inputs, *transform, request); !filled)
    return fail(std::move(filled.error()));
  return transform;
}

Result<void> fill_side_inputs(const ModelInputs& inputs, const SourceTransform& transform, InferRequest& request) {
  for (const SideInput& side : inputs.side) {
    Result<TensorView> input = request.input(side.port);
    if (!input) return fail(std::move(input.error()));
    if (Result<void> filled = write_side_input(side, transform, *input); !filled) return filled;
  }
  return {};
}

Result<SourceTransform> preprocess(Preprocessor& preprocessor, const Picture& picture, InferRequest& request) {
  Result<TensorView> input = request.input(0);
  if (!input) return fail(std::move(input.error()));
  return preprocess(preprocessor, picture, *input);
}

Result<SourceTransform> preprocess(Preprocessor& preprocessor, const Picture& picture, TensorView input) {
  return guarded(ErrorCode::internal, "the preprocessor", [&] { return preprocessor.run(picture, input); });
}

Outcome postprocess(const Detector& detector, InferRequest& request, const SourceTransform& transform,
                    std::vector<Detection>& detections) {
  Result<void> done = guarded(ErrorCode::internal, "the postprocessor", [&]() -> Result<void> {
    Result<std::span<const TensorView>> outputs = outputs_of(*detector.model, request);
    if (!outputs) return fail(std::move(outputs.error()));
    return detector.postprocessor->run(*outputs, transform, detections);
  });
  if (!done) return fail(std::move(done.error()));
  return Served{};
}

Outcome read_features(const CompiledModel& model, InferRequest& request, Detection& detection) {
  Result<std::span<const TensorView>> outputs = outputs_of(model, request);
  if (!outputs) return fail(std::move(outputs.error()));
  detection.features.clear();
  const Shape& input = model.info().inputs.front().shape;
  const std::int64_t batch = input.rank() > 0 ? input[0] : 1;
  for (const TensorView& output : *outputs)
    if (Result<void> done = append_floats(output, batch, detection.features); !done)
      return fail(std::move(done.error()));
  return Served{};
}

bool is_wanted(const Cascade& cascade, const Detection& detection) {
  return cascade.labels.empty() || std::ranges::find(cascade.labels, detection.label) != cascade.labels.end();
}

Picture cut_out(const Picture& picture, const Box& box) {
  auto edge = [](float at, int size) { return std::clamp(static_cast<int>(std::lround(at)), 0, size); };
  // Chroma has half the resolution: a picture can begin at every second pixel only.
  int left = std::min(edge(box.left, picture.size.width), std::max(0, picture.size.width - 2)) & ~1;
  int top = std::min(edge(box.top, picture.size.height), std::max(0, picture.size.height - 2)) & ~1;
  Picture crop = picture;
  crop.size.width = std::max(edge(box.left + box.width, picture.size.width) - left, std::min(2, picture.size.width));
  crop.size.height = std::max(edge(box.top + box.height, picture.size.height) - top, std::min(2, picture.size.height));
  for (std::size_t p = 0; p < crop.planes.size(); ++p) {
    int shrink = p == 0 ? 1 : 2;
    crop.planes[p].data += static_cast<std::ptrdiff_t>(top / shrink) * crop.planes[p].stride + left / shrink;
  }
  return crop;
}

void name_results(FrameResult& result, const std::vector<PipelineModel>& models) {
  if (models.size() < 2) return;
  for (const PipelineModel& model : models) result.models.emplace_back().model = model.name;
}

void renew(FrameResult& result) noexcept {
  result.status = FrameStatus::emitted;
  result.device.clear();
  result.infer_time = Duration{0};
  for (ModelResult& model : result.models) {
    model.device.clear();
    model.infer_time = Duration{0};
  }
}

void conclude(FrameResult& result, const Outcome& outcome) {
  result.reason.clear();
  if (outcome) return;
  if (result.status == FrameStatus::emitted) result.status = FrameStatus::failed;
  result.reason.append(to_string(outcome.error().code)).append(": ").append(outcome.error().message);
  result.detections.clear();
  for (ModelResult& model : result.models) model.detections.clear();
}

TimelineRecorder::Request request_record(const CompiledModel& model, const Outcome& outcome, const InferTimes& times) {
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
    device = model.runtime().device;
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
