#include "sync_run.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "frame_preprocessing.hpp"
#include "inflight/await.hpp"
#include "job.hpp"
#include "steps.hpp"

namespace inflight {
namespace {

/// One request of each model; the cascade's is the last.
using Requests = std::vector<std::unique_ptr<InferRequest>>;

class SyncRun {
 public:
  SyncRun(RunParts& parts, SyncBooks books, Requests requests)
      : parts_(parts),
        tally_(books.tally),
        events_(books.events),
        closing_(books.closing),
        requests_(std::move(requests)),
        clock_(parts.clock()),
        preprocessing_(parts.models),
        inferred_(requests_.size(), 0) {
    for (std::size_t i = 0; i < kStageNames.size(); ++i) {
      auto stage = static_cast<Stage>(i);
      numbers_[stage] = tally_.meter(stage, "run");
    }
    numbers_.models.resize(requests_.size());
    name_results(result_, parts.models);
  }

  void play(SourceId id) {
    SourceEntry& entry = parts_.sources[id];
    if (entry.setup.name.empty()) entry.setup.name = entry.source->info().name;
    tally_.add_source(entry);
    FrameReader reader(parts_, id, *entry.source, {tally_, events_});
    while (!closing_.load(std::memory_order_relaxed) && read(reader)) {
      infer_frame();
      emit(entry.setup.sinks);
    }
    tally_.end_source(id);
  }

  void finish() {
    for (SourceEntry& entry : parts_.sources) finish_all(entry.setup.sinks);
    finish_all(parts_.shared_sinks);
  }

  RunNumbers& numbers() noexcept { return numbers_; }

 private:
  bool read(FrameReader& reader) {
    std::optional<Outcome> outcome = reader.next(result_.frame, numbers_[Stage::decode]);
    if (outcome) outcome_ = std::move(*outcome);
    return outcome.has_value();
  }

  void infer_frame() {
    renew(result_);
    preprocessing_.begin_frame();
    for (std::size_t model = 0; model < parts_.models.size() && outcome_; ++model) {
      outcome_ = try_infer(model);
      if (!outcome_ && parts_.models.size() > 1)
        outcome_.error().message = parts_.models[model].name + ": " + outcome_.error().message;
    }
    if (parts_.cascade && outcome_) outcome_ = infer_crops();
    conclude(result_, outcome_);
    tally_.settle(result_, outcome_ ? nullptr : &outcome_.error(), clock_.now());
  }

  Outcome try_infer(std::size_t model) {
    InferRequest& request = *requests_[model];
    auto transform = timed(numbers_[Stage::preprocess], clock_, result_.frame.id,
                           [&] { return preprocessing_.run(model, result_.frame.picture(), request); });
    if (!transform) return fail(std::move(transform.error()));
    const Detector& detector = parts_.models[model].detector;
    Outcome outcome = infer_recorded(model, *detector.model);
    if (!outcome) return outcome;
    (result_.models.empty() ? result_.device : result_.models[model].device) = outcome->device;
    (result_.models.empty() ? result_.infer_time : result_.models[model].infer_time) = outcome->infer_time;
    return timed(numbers_[Stage::postprocess], clock_, result_.frame.id,
                 [&] { return postprocess(detector, request, *transform, detections_of(result_, model)); });
  }

  Outcome infer_crops() {
    const Cascade& cascade = *parts_.cascade;
    for (Detection& detection : detections_of(result_, model_of(cascade, parts_.models))) {
      detection.features.clear();  // of the frame before
      if (!is_wanted(cascade, detection)) continue;
      if (Outcome outcome = infer_crop(detection); !outcome) {
        outcome.error().message = cascade.name + ": " + outcome.error().message;
        return outcome;
      }
    }
    return Served{};
  }

  Outcome infer_crop(Detection& detection) {
    const FeatureModel& model = parts_.cascade->model;
    InferRequest& request = *requests_.back();
    Picture window = cut_out(result_.frame.picture(), detection.box);
    auto written = timed(numbers_[Stage::preprocess], clock_, result_.frame.id,
                         [&] { return preprocess(*model.preprocessor, window, request); });
    if (!written) return fail(std::move(written.error()));
    Outcome outcome = infer_recorded(requests_.size() - 1, *model.model);
    return outcome ? read_features(*model.model, request, detection) : outcome;
  }

  Outcome infer_recorded(std::size_t model, const CompiledModel& compiled) {
    TimePoint begin = tally_.recorder() ? clock_.now() : TimePoint{};
    Outcome outcome = infer(*requests_[model]);
    if (tally_.recorder())
      tally_.recorder()->request(request_record(compiled, outcome, {inferred_[model]++, 0, begin, clock_.now()}));
    if (outcome) {
      numbers_[Stage::infer].record(outcome->infer_time);
      numbers_.models[model].infer.record(outcome->infer_time);
    }
    return outcome;
  }

  void emit(std::span<std::unique_ptr<Sink>> own) {
    TimePoint begin = clock_.now();
    for (auto sinks : {own, std::span(parts_.shared_sinks)})
      for (std::unique_ptr<Sink>& sink : sinks) write_to(*sink);
    numbers_[Stage::sink].record(begin, clock_.now(), result_.frame.id);
    if (result_.status == FrameStatus::emitted)
      tally_.count_age(result_.frame.source, clock_.now() - result_.frame.read_at);
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
  Requests requests_;
  Clock& clock_;
  FramePreprocessing preprocessing_;
  FrameResult result_;
  Outcome outcome_;  // of that frame, so far
  RunNumbers numbers_;
  std::vector<std::uint64_t> inferred_;  // by model; counted for the recorder only
  std::vector<const Sink*> failed_sinks_;
};

}  // namespace

Result<RunNumbers> run_sync(RunParts& parts, SyncBooks books) {
  Requests requests;
  auto add = [&requests](CompiledModel& model) -> Result<void> {
    Result<std::unique_ptr<InferRequest>> request = model.create_request();
    if (!request) return fail(std::move(request.error()));
    requests.push_back(std::move(*request));
    return {};
  };
  for (const PipelineModel& model : parts.models)
    if (Result<void> added = add(*model.detector.model); !added) return fail(std::move(added.error()));
  if (parts.cascade)
    if (Result<void> added = add(*parts.cascade->model.model); !added) return fail(std::move(added.error()));
  SyncRun run(parts, books, std::move(requests));
  for (SourceId id = 0; id < parts.sources.size(); ++id) run.play(id);
  run.finish();
  return std::move(run.numbers());
}

}  // namespace inflight
