#include "sync_run.hpp"

#include <span>

#include "inflight/await.hpp"

namespace inflight {
namespace {

class SyncRun {
 public:
  SyncRun(RunParts& parts, Tally& tally, EventLog& events, std::atomic<bool>& closing, InferRequest& request)
      : parts_(parts), tally_(tally), events_(events), closing_(closing), request_(request), clock_(parts.clock()) {}

  void play(SourceId id) {
    while (!closing_.load(std::memory_order_relaxed) && read(id)) {
      infer_frame();
      emit(parts_.sources[id].sinks);
    }
  }

  void finish() {
    for (SourceEntry& entry : parts_.sources) finish(entry.sinks);
    finish(parts_.shared_sinks);
  }

  RunNumbers& numbers() noexcept { return numbers_; }

 private:
  bool read(SourceId id) {
    TimePoint begin = clock_.now();
    Result<bool> got = parts_.sources[id].source->read(result_.frame);
    if (!got) events_.fail(clock_.now(), "source_failed", got.error());
    if (!got || !*got) return false;
    numbers_[Stage::decode].record(clock_.now() - begin);
    result_.frame.source = id;
    result_.frame.read_at = begin;
    tally_.read.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  void infer_frame() {
    Outcome outcome = try_infer();
    result_.status = outcome ? FrameStatus::emitted : FrameStatus::failed;
    result_.reason = outcome ? "" : std::string(to_string(outcome.error().code)) + ": " + outcome.error().message;
    if (!outcome) result_.detections.clear();
    tally_.settle(result_, outcome ? nullptr : &outcome.error(), clock_.now());
  }

  Outcome try_infer() {
    Result<TensorView> input = request_.input(0);
    if (!input) return fail(std::move(input.error()));
    auto transform = timed(numbers_[Stage::preprocess], clock_,
                           [&] { return parts_.detector.preprocessor->run(result_.frame.picture(), *input); });
    if (!transform) return fail(std::move(transform.error()));
    Outcome outcome = infer(request_);
    if (!outcome) return outcome;
    numbers_[Stage::infer].record(outcome->infer_time);
    result_.device = outcome->device;
    result_.infer_time = outcome->infer_time;
    return timed(numbers_[Stage::postprocess], clock_,
                 [&] { return postprocess(parts_.detector, request_, *transform, result_); });
  }

  void emit(std::span<std::unique_ptr<Sink>> own) {
    TimePoint begin = clock_.now();
    for (auto sinks : {own, std::span(parts_.shared_sinks)})
      for (std::unique_ptr<Sink>& sink : sinks) write(*sink);
    numbers_[Stage::sink].record(clock_.now() - begin);
  }

  void write(Sink& sink) {
    if (failed_sink_ == &sink) return;
    Result<void> written = sink.write(result_);
    if (written) return;
    failed_sink_ = &sink;
    closing_.store(true, std::memory_order_relaxed);  // output that cannot be kept is not worth computing
    events_.fail(clock_.now(), "sink_failed", written.error());
  }

  void finish(std::span<std::unique_ptr<Sink>> sinks) {
    for (std::unique_ptr<Sink>& sink : sinks) {
      Result<void> finished = sink->finish();
      if (!finished && failed_sink_ != sink.get()) events_.fail(clock_.now(), "sink_failed", finished.error());
    }
  }

  RunParts& parts_;
  Tally& tally_;
  EventLog& events_;
  std::atomic<bool>& closing_;
  InferRequest& request_;
  Clock& clock_;
  FrameResult result_;
  RunNumbers numbers_;
  const Sink* failed_sink_ = nullptr;
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
