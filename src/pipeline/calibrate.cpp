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
  Calibrator(const Detector& detector, const PipelineOptions& options) : detector_(detector), options_(options) {}

  Result<Calibration> run(Source& source, Sink* sink, int frames) {
    if (auto ok = check(detector_); !ok) return fail(std::move(ok.error()));
    if (auto ok = decode(source, frames); !ok) return fail(std::move(ok.error()));
    if (auto ok = preprocess_and_postprocess(); !ok) return fail(std::move(ok.error()));
    if (auto ok = infer_alone(); !ok) return fail(std::move(ok.error()));
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

  Result<void> preprocess_and_postprocess() {
    Result<std::unique_ptr<InferRequest>> request = detector_.model->create_request();
    if (!request) return fail(std::move(request.error()));
    Duration preprocess_time{0}, postprocess_time{0};
    for (const Frame& frame : frames_) {
      FrameResult& result = results_.emplace_back();
      result.frame = frame;
      Duration begin = process_cpu_time();
      auto transform = preprocess(detector_, frame.picture(), **request);
      preprocess_time += process_cpu_time() - begin;
      if (!transform) return fail(std::move(transform.error()));
      if (Outcome outcome = infer(**request); !outcome) return fail(std::move(outcome.error()));
      begin = thread_cpu_time();  // the engine's threads may still be winding down
      Outcome outcome = postprocess(detector_, **request, *transform, result);
      postprocess_time += thread_cpu_time() - begin;
      if (!outcome) return fail(std::move(outcome.error()));
    }
    add(Stage::preprocess, preprocess_time, frames_.size());
    postprocess_ = postprocess_time;
    return {};
  }

  /// All requests busy all the time, inputs resident: the engine's ceiling and its cost per inference.
  Result<void> infer_alone() {
    InferQueueOptions options = queue_options(options_);
    options.dispatch = Dispatch::engine_thread;
    Result<InferQueue> queue = InferQueue::create(detector_.model, options);
    if (!queue) return fail(std::move(queue.error()));
    if (auto warm = infer_for(*queue, kInferTime / 5); !warm) return fail(std::move(warm.error()));
    Duration cpu = process_cpu_time();
    TimePoint begin = steady_clock().now();
    Result<std::size_t> count = infer_for(*queue, kInferTime);
    if (!count) return fail(std::move(count.error()));
    result_.ceiling_fps = static_cast<double>(*count) / to_seconds(steady_clock().now() - begin);
    add(Stage::infer, process_cpu_time() - cpu, *count);
    add(Stage::postprocess, postprocess_, frames_.size());
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

  const Detector& detector_;
  const PipelineOptions& options_;
  std::vector<Frame> frames_;
  std::vector<FrameResult> results_;
  Duration postprocess_{0};
  Calibration result_;
};

}  // namespace

Result<Calibration> calibrate(const Detector& detector, Source& source, Sink* sink, const PipelineOptions& options,
                              int frames) {
  return Calibrator(detector, options).run(source, sink, frames);
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
