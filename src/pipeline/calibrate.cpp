// Each stage measured alone, on the frames of the run to come: what the physical limit is computed from.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "inflight/infer_queue.hpp"
#include "steps.hpp"

namespace inflight {
namespace {

/// Pixels kept for measuring; more frames than fit are measured by going round.
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
/// The engine's ceiling settles within this; short models do more inferences than there are frames.
constexpr Duration kInferTime = std::chrono::milliseconds(1500);

class Calibrator {
 public:
  Calibrator(const std::vector<PipelineModel>& models, const PipelineOptions& options)
      : models_(models), options_(options) {}

  Result<Calibration> run(Source& source, Sink* sink, int frames) {
    for (const PipelineModel& model : models_)
      if (auto ok = check(model.detector); !ok) return fail(std::move(ok.error()));
    if (auto ok = decode(source, frames); !ok) return fail(std::move(ok.error()));
    results_.resize(frames_.size());
    for (const PipelineModel& model : models_)
      if (auto ok = preprocess_and_postprocess(model.detector); !ok) return fail(std::move(ok.error()));
    add(Stage::preprocess, preprocess_, frames_.size());
    for (const PipelineModel& model : models_)
      if (auto ok = infer_alone(model.detector); !ok) return fail(std::move(ok.error()));
    add(Stage::infer, infer_, 1);
    result_.ceiling_fps = seconds_per_frame_ > 0 ? 1 / seconds_per_frame_ : 0;
    add(Stage::postprocess, postprocess_, frames_.size());
    if (auto ok = write_all(sink); !ok) return fail(std::move(ok.error()));
    result_.cores = available_cores();
    double core_seconds = 0;
    for (const StageSummary& stage : result_.stages) core_seconds += *stage.core_ms / 1e3;
    if (core_seconds > 0) result_.limit_fps = result_.cores / core_seconds;
    return std::move(result_);
  }

 private:
  void add(Stage stage, Duration cpu, std::size_t count) {
    StageSummary summary;
    summary.name = kStageNames[static_cast<std::size_t>(stage)];
    summary.core_ms = to_ms(cpu) / static_cast<double>(std::max<std::size_t>(1, count));
    result_.stages.push_back(std::move(summary));
  }

  /// Of the process, not of this thread: decoders and engines have threads of their own.
  Result<void> decode(Source& source, int frames) {
    Duration begin = process_cpu_time();
    std::size_t bytes = 0, count = 0;
    for (; std::cmp_less(count, frames); ++count) {
      Frame frame;
      Result<bool> got = read(source, frame);
      if (!got && got.error().code == ErrorCode::unreadable_frame) continue;  // for the run to tell, too
      if (!got && count == 0) return fail(std::move(got.error()));
      if (!got || !*got) break;  // how the source ends is for the run to tell
      bytes += frame.picture().bytes();
      if (frames_.empty() || bytes <= kMaxBytes) frames_.push_back(std::move(frame));
    }
    add(Stage::decode, process_cpu_time() - begin, count);
    if (frames_.empty())
      return fail(ErrorCode::unreadable_input, source.info().name + ": there are no frames to measure");
    return {};
  }

  Result<void> preprocess_and_postprocess(const Detector& detector) {
    Result<std::unique_ptr<InferRequest>> request = detector.model->create_request();
    if (!request) return fail(std::move(request.error()));
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      results_[i].frame = frames_[i];
      Duration begin = process_cpu_time();
      auto transform = preprocess(detector, frames_[i].picture(), **request);
      preprocess_ += process_cpu_time() - begin;
      if (!transform) return fail(std::move(transform.error()));
      if (Outcome outcome = infer(**request); !outcome) return fail(std::move(outcome.error()));
      begin = thread_cpu_time();  // the engine's threads may still be winding down
      Outcome outcome = postprocess(detector, **request, *transform, results_[i].detections);
      postprocess_ += thread_cpu_time() - begin;
      if (!outcome) return fail(std::move(outcome.error()));
    }
    return {};
  }

  /// All requests busy all the time, inputs resident: the engine's ceiling and its cost per inference.
  Result<void> infer_alone(const Detector& detector) {
    InferQueueOptions options = queue_options(options_);
    options.dispatch = Dispatch::engine_thread;
    Result<InferQueue> queue = InferQueue::create(detector.model, options);
    if (!queue) return fail(std::move(queue.error()));
    if (auto warm = infer_for(*queue, kInferTime / 5); !warm) return fail(std::move(warm.error()));
    Duration cpu = process_cpu_time();
    TimePoint begin = steady_clock().now();
    Result<std::size_t> count = infer_for(*queue, kInferTime);
    if (!count) return fail(std::move(count.error()));
    auto inferences = static_cast<double>(std::max<std::size_t>(1, *count));
    seconds_per_frame_ += to_seconds(steady_clock().now() - begin) / inferences;
    infer_ += std::chrono::duration_cast<Duration>((process_cpu_time() - cpu) / inferences);
    return {};
  }

  Result<std::size_t> infer_for(InferQueue& queue, Duration time) {
    std::size_t count = 0;
    std::uint64_t failed = queue.stats().failed;
    for (TimePoint begin = steady_clock().now(); steady_clock().now() - begin < time; ++count) {
      Result<InferQueue::Slot> slot = queue.acquire();
      if (!slot) return fail(std::move(slot.error()));
      Result<Ticket> ticket = std::move(*slot).submit([](Completed) {});
      if (!ticket) return fail(std::move(ticket.error()));
    }
    queue.wait_all();
    if (queue.stats().failed > failed)
      return fail(ErrorCode::engine_failed, "inferences failed while the engine was measured alone");
    return count;
  }

  Result<void> write_all(Sink* sink) {
    Duration begin = process_cpu_time();
    if (sink) {
      Result<void> written;
      for (auto result = results_.begin(); written && result != results_.end(); ++result)
        written = write(*sink, *result);
      Result<void> finished = finish(*sink);  // whatever came of the writing
      if (!written || !finished) return written ? finished : written;
    }
    add(Stage::sink, process_cpu_time() - begin, results_.size());
    return {};
  }

  const std::vector<PipelineModel>& models_;
  const PipelineOptions& options_;
  std::vector<Frame> frames_;
  std::vector<FrameResult> results_;
  Duration preprocess_{0}, infer_{0}, postprocess_{0};  // of all models; inference of one frame, the others of all
  double seconds_per_frame_ = 0;                        // of the engines alone, one after the other
  Calibration result_;
};

}  // namespace

Result<Calibration> calibrate(const Detector& detector, Source& source, Sink* sink, const PipelineOptions& options,
                              int frames) {
  std::vector<PipelineModel> models{{"", detector}};
  return Calibrator(models, options).run(source, sink, frames);
}

Result<Calibration> calibrate(const std::vector<PipelineModel>& models, Source& source, Sink* sink,
                              const PipelineOptions& options) {
  constexpr int kFrames = 200;
  return Calibrator(models, options).run(source, sink, kFrames);
}

void apply(const Calibration& calibration, RunSummary& summary) {
  for (StageSummary& stage : summary.stages) {
    auto alone = std::ranges::find(calibration.stages, stage.name, &StageSummary::name);
    if (alone != calibration.stages.end()) stage.core_ms = alone->core_ms;
  }
  summary.engine.ceiling_fps = calibration.ceiling_fps;
  summary.limit_fps = calibration.limit_fps;
  if (calibration.limit_fps > 0) summary.efficiency = summary.fps / calibration.limit_fps;
}

}  // namespace inflight
