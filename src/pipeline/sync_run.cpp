#include "sync_run.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "inflight/await.hpp"
#include "steps.hpp"

namespace inflight {
namespace {

class SyncRun {
 public:
  SyncRun(RunParts& parts, Tally& tally, EventLog& events, std::atomic<bool>& closing, InferRequest& request)
      : parts_(parts), tally_(tally), events_(events), closing_(closing), request_(request), clock_(parts.clock()) {
    for (std::size_t i = 0; i < kStageNames.size(); ++i) {
      auto stage = static_cast<Stage>(i);
      numbers_[stage] = tally.meter(stage, "run");
    }
  }

  void play(SourceId id) {
    while (!closing_.load(std::memory_order_relaxed) && read(id)) {
      infer_frame();
      emit(parts_.sources[id].sinks);
    }
  }

  void finish() {
    for (SourceEntry& entry : parts_.sources) finish_all(entry.sinks);
    finish_all(parts_.shared_sinks);
  }

  RunNumbers& numbers() noexcept { return numbers_; }

 private:
  bool read(SourceId id) {
    Result<bool> got = read_frame(parts_, id, result_.frame, numbers_[Stage::decode]);
    std::optional<Outcome> outcome = count_reading(std::move(got), tally_, events_, clock_.now());
    if (outcome) outcome_ = std::move(*outcome);
    return outcome.has_value();
  }

  void infer_frame() {
    result_.status = FrameStatus::emitted;
    result_.device.clear();
    result_.infer_time = Duration{0};
    if (outcome_) outcome_ = try_infer();
    conclude(result_, outcome_);
    tally_.settle(result_, outcome_ ? nullptr : &outcome_.error(), clock_.now());
  }

  Outcome try_infer() {
    auto transform = timed(numbers_[Stage::preprocess], clock_, result_.frame.id,
                           [&] { return preprocess(parts_.detector, result_.frame.picture(), request_); });
    if (!transform) return fail(std::move(transform.error()));
    Outcome outcome = infer_recorded();
    if (!outcome) return outcome;
    numbers_[Stage::infer].record(outcome->infer_time);
    result_.device = outcome->device;
    result_.infer_time = outcome->infer_time;
    return timed(numbers_[Stage::postprocess], clock_, result_.frame.id,
                 [&] { return postprocess(parts_.detector, request_, *transform, result_); });
  }

  Outcome infer_recorded() {
    if (!tally_.recorder()) return infer(request_);
    TimePoint begin = clock_.now();
    Outcome outcome = infer(request_);
    tally_.recorder()->request(request_record(parts_.detector, outcome, {inferred_++, 0, begin, clock_.now()}));
    return outcome;
  }

  void emit(std::span<std::unique_ptr<Sink>> own) {
    TimePoint begin = clock_.now();
    for (auto sinks : {own, std::span(parts_.shared_sinks)})
      for (std::unique_ptr<Sink>& sink : sinks) write_to(*sink);
    numbers_[Stage::sink].record(begin, clock_.now(), result_.frame.id);
    result_.frame = {};  // the pixels go back before the next ones are asked for
  }

  void write_to(Sink& sink) {
    if (!has_failed(sink)) report(sink, write(sink, result_));
  }

  void finish_all(std::span<std::unique_ptr<Sink>> sinks) {
    for (std::unique_ptr<Sink>& sink : sinks) report(*sink, inflight::finish(*sink));
  }

  bool has_failed(const Sink& sink) const { return std::ranges::find(failed_sinks_, &sink) != failed_sinks_.end(); }

  void report(const Sink& sink, const Result<void>& result) {
    if (result || has_failed(sink)) return;
    failed_sinks_.push_back(&sink);
    closing_.store(true, std::memory_order_relaxed);  // output that cannot be kept is not worth computing
    events_.fail(clock_.now(), "sink_failed", result.error());
  }

  RunParts& parts_;
  Tally& tally_;
  EventLog& events_;
  std::atomic<bool>& closing_;
  InferRequest& request_;
  Clock& clock_;
  FrameResult result_;
  Outcome outcome_;  // of that frame, so far
  RunNumbers numbers_;
  std::uint64_t inferred_ = 0;  // counted for the recorder only
  std::vector<const Sink*> failed_sinks_;
};

}  // namespace

Result<RunNumbers> run_sync(RunParts& parts, Tally& tally, EventLog& events, std::atomic<bool>& closing) {
  Result<std::unique_ptr<InferRequest>> request = parts.detector.model->create_request();
  if (!request) return fail(std::move(request.error()));
  SyncRun run(parts, tally, events, closing, **request);
  for (SourceId id = 0; id < parts.sources.size(); ++id) run.play(id);
  run.finish();
  return std::move(run.numbers());
}

}  // namespace inflight
