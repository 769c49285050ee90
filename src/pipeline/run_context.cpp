#include "run_context.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace inflight {

Result<void> check(const Detector& detector) {
  if (detector.model && detector.preprocessor && detector.postprocessor) return {};
  return fail(ErrorCode::invalid_argument, "the detector needs a model, a preprocessor and a postprocessor");
}

InferQueueOptions queue_options(const PipelineOptions& options) noexcept {
  InferQueueOptions queue;
  queue.requests = options.requests;
  queue.times_optimal = 2;
  queue.clock = options.clock;
  return queue;
}

void EventLog::add(TimePoint now, std::string kind, std::string text) {
  MutexLock lock(mutex_);
  if (events_.size() < kKept) events_.push_back({now - start_, std::move(kind), std::move(text), {}, {}});
}

void EventLog::fail(TimePoint now, std::string kind, const Error& error) {
  add(now, std::move(kind), error.message);
  MutexLock lock(mutex_);
  if (error_.empty()) error_ = error.message;
}

void EventLog::write_to(RunSummary& summary, const std::vector<DeviceEvent>& of_devices) const {
  MutexLock lock(mutex_);
  summary.events = events_;
  for (const DeviceEvent& event : of_devices)
    summary.events.push_back({event.at - start_, event.kind, event.text, event.device, event.inferences_per_second});
  std::ranges::stable_sort(summary.events, {}, &Event::at);
  summary.error = error_;
}

void Tally::settle(FrameResult& result, const Error* error, TimePoint now) {
  result.end_to_end_time = now - result.frame.read_at;
  result.frames_per_second = rates_[result.frame.source].tick(now);
  MutexLock lock(mutex_);
  switch (result.status) {
    case FrameStatus::emitted:
      ++counts_.emitted;
      end_to_end_.record(result.end_to_end_time);
      break;
    case FrameStatus::dropped:
      ++counts_.dropped[error ? to_string(error->code) : result.reason];
      break;
    case FrameStatus::failed:
      ++counts_.failed[error ? to_string(error->code) : result.reason];
      break;
  }
  done.fetch_add(1, std::memory_order_release);
}

StageMeter Tally::meter(Stage stage, std::string thread) {
  return {stage, std::move(thread), {&stages_[static_cast<std::size_t>(stage)], recorder_}};
}

void Tally::fill(RunStatus& status) const {
  for (std::size_t i = 0; i < kStageNames.size(); ++i)
    status.stages.push_back({kStageNames[i], stages_[i].frames.load(std::memory_order_relaxed),
                             Duration(stages_[i].busy.load(std::memory_order_relaxed))});
  MutexLock lock(mutex_);
  status.frames = counts_;
  status.frames.read = read.load();
  status.end_to_end = end_to_end_;
}

namespace {

EngineSummary summarise_engine(const RunParts& parts, const RunNumbers& numbers) {
  RuntimeInfo runtime = parts.detector.model->runtime();
  EngineSummary engine;
  engine.engine = runtime.engine;
  engine.device = runtime.device;
  engine.precision = runtime.precision;
  engine.requests = numbers.requests;
  engine.execution_streams = runtime.execution_streams;
  return engine;
}

/// Share of the run in which the stage was at work. Of inference: mean number in flight ÷ execution streams
/// (Little's law: Σ infer_time ÷ wall), at most 1, since requests beyond the streams wait.
double utilisation(Stage stage, const StageMeter& meter, const RunNumbers& numbers, int streams) {
  double wall = std::max(1e-9, to_seconds(numbers.wall));
  double busy = to_seconds(meter.busy()) / wall;
  return std::min(1.0, stage == Stage::infer ? busy / streams : busy);
}

std::vector<StageSummary> summarise_stages(const RunNumbers& numbers, int streams) {
  std::vector<StageSummary> all;
  for (std::size_t i = 0; i < kStageNames.size(); ++i) {
    const StageMeter& meter = numbers.stages[i];
    StageSummary stage;
    stage.name = kStageNames[i];
    stage.p50_ms = to_ms(meter.histogram().percentile(0.5));
    stage.p99_ms = to_ms(meter.histogram().percentile(0.99));
    stage.utilisation = utilisation(static_cast<Stage>(i), meter, numbers, streams);
    all.push_back(std::move(stage));
  }
  return all;
}

/// Names what to change first. Processors that are all busy limit the run whichever stage is busiest; else it
/// is the stage that was always at work.
std::string find_bottleneck(const RunSummary& summary) {
  double cores = available_cores();
  double busy = summary.wall_s > 0 ? summary.cpu_s / summary.wall_s / cores : 0;
  auto busiest = std::ranges::max_element(summary.stages, {}, &StageSummary::utilisation);
  if (busiest == summary.stages.end()) return {};
  std::string where = fmt::format("{}: at work {:.0f} % of the time", busiest->name, 100 * busiest->utilisation);
  if (summary.api == "sync")
    return fmt::format("{}; the stages wait for one another, --api async lets them overlap", where);
  if (busy > 0.9) return fmt::format("{}; the processor is full ({:.0f} % of {:.0f} cores)", where, 100 * busy, cores);
  return fmt::format("{}; the processor is not full ({:.0f} % of {:.0f} cores)", where, 100 * busy, cores);
}

}  // namespace

RunSummary summarise_run(const RunParts& parts, const Tally& tally, const RunNumbers& numbers) {
  RunSummary summary;
  summary.api = parts.options.api == Api::sync ? "sync" : "async";
  RunStatus status;
  tally.fill(status);
  summary.frames = std::move(status.frames);
  summary.wall_s = to_seconds(numbers.wall);
  summary.cpu_s = to_seconds(numbers.cpu);
  summary.peak_rss_mb = peak_rss_mb();
  summary.fps = summary.wall_s > 0 ? static_cast<double>(summary.frames.emitted) / summary.wall_s : 0;
  summary.latency = summarise(status.end_to_end);
  summary.engine = summarise_engine(parts, numbers);
  summary.stages = summarise_stages(numbers, std::max(1, summary.engine.execution_streams));
  summary.bottleneck = find_bottleneck(summary);
  return summary;
}

}  // namespace inflight
