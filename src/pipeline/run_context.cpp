#include "run_context.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "inflight/detail/joined.hpp"

namespace inflight {

Result<void> check(const Detector& detector) {
  if (detector.model && detector.preprocessor && detector.postprocessor) return {};
  return fail(ErrorCode::invalid_argument, "the detector needs a model, a preprocessor and a postprocessor");
}

Result<void> check_models(const RunParts& parts) {
  if (parts.models.empty()) return fail(ErrorCode::invalid_argument, "the pipeline has no model");
  std::vector<std::string> names;
  for (const PipelineModel& model : parts.models) {
    if (Result<void> ok = check(model.detector); !ok) return ok;
    names.push_back(model.name);
  }
  if (parts.cascade) {
    const Cascade& cascade = *parts.cascade;
    if (!cascade.model.model || !cascade.model.preprocessor)
      return fail(ErrorCode::invalid_argument, "the cascade needs a model and a preprocessor");
    if (!cascade.of.empty() && std::ranges::find(names, cascade.of) == names.end())
      return fail(ErrorCode::invalid_argument, fmt::format("the cascade follows \"{}\", but the models are {}",
                                                           cascade.of, detail::joined(names, ", ")));
    names.push_back(cascade.name);
  }
  std::ranges::sort(names);
  auto twice = std::ranges::adjacent_find(names);
  if (twice == names.end()) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("two models are named \"{}\"; name one otherwise", *twice));
}

std::size_t model_of(const Cascade& cascade, const std::vector<PipelineModel>& models) {
  if (cascade.of.empty()) return 0;
  return static_cast<std::size_t>(std::ranges::find(models, cascade.of, &PipelineModel::name) - models.begin());
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

void Tally::add_source(const SourceEntry& entry) {
  const std::optional<ColorMatrix> assumed = entry.source->info().assumed_matrix;
  MutexLock lock(mutex_);
  OfSource& source = sources_.emplace_back();
  source.name = entry.setup.name;
  source.priority = entry.setup.priority;
  source.times = std::make_unique<Times>();
  if (assumed) source.assumed_matrix = to_string(*assumed);
}

void Tally::end_source(SourceId source) {
  MutexLock lock(mutex_);
  sources_[source].ended = true;
}

void Tally::close_source(SourceId id) {
  MutexLock lock(mutex_);
  OfSource& source = sources_[id];
  source.end_to_end = summarise(source.times->end_to_end);
  source.age = summarise(source.times->age);
  source.times.reset();
}

void Tally::count_read(SourceId source) {
  read.fetch_add(1, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  ++sources_[source].counts.read;
}

void Tally::count_event(SourceId source, const std::string& kind) {
  MutexLock lock(mutex_);
  ++sources_[source].events[kind];
}

void Tally::count_age(SourceId source, Duration age) {
  MutexLock lock(mutex_);
  sources_[source].times->age.record(age);
}

void Tally::settle(FrameResult& result, const Error* error, TimePoint now) {
  result.end_to_end_time = now - result.frame.read_at;
  MutexLock lock(mutex_);
  OfSource& source = sources_[result.frame.source];
  result.frames_per_second = source.rate.tick(now);
  const char* why = error ? to_string(error->code) : result.reason.c_str();
  for (FrameCounts* counts : {&counts_, &source.counts}) {
    if (result.status == FrameStatus::dropped) ++counts->dropped[why];
    if (result.status == FrameStatus::failed) ++counts->failed[why];
    if (result.status == FrameStatus::emitted) ++counts->emitted;
  }
  if (result.status == FrameStatus::emitted) {
    end_to_end_.record(result.end_to_end_time);
    source.times->end_to_end.record(result.end_to_end_time);
    if (!source.first) source.first = now;
    source.last = now;
  }
  done.fetch_add(1, std::memory_order_release);
}

std::vector<SourceSummary> Tally::sources() const {
  MutexLock lock(mutex_);
  std::vector<SourceSummary> all;
  for (const OfSource& source : sources_) {
    SourceSummary& summary = all.emplace_back();
    summary.id = static_cast<SourceId>(all.size() - 1);
    summary.name = source.name;
    summary.priority = source.priority;
    summary.frames = source.counts;
    // From the first to the last lie one fewer intervals than there are frames.
    double seconds = source.first ? to_seconds(*source.last - *source.first) : 0;
    if (seconds > 0) summary.fps = static_cast<double>(source.counts.emitted - 1) / seconds;
    summary.latency = source.times ? summarise(source.times->end_to_end) : source.end_to_end;
    summary.age = source.times ? summarise(source.times->age) : source.age;
    summary.events = source.events;
    summary.assumed_matrix = source.assumed_matrix;
  }
  return all;
}

StageMeter Tally::meter(Stage stage, std::string thread) {
  return {stage, std::move(thread), {&stages_[static_cast<std::size_t>(stage)], recorder_}};
}

void Tally::fill(RunStatus& status) const {
  for (std::size_t i = 0; i < kStageNames.size(); ++i)
    status.stages.push_back({kStageNames[i], stages_[i].frames.load(std::memory_order_relaxed),
                             Duration(stages_[i].busy.load(std::memory_order_relaxed))});
  MutexLock lock(mutex_);
  for (const OfSource& source : sources_)
    status.sources.push_back(
        {static_cast<SourceId>(status.sources.size()), source.name, source.ended, source.counts, source.events});
  status.frames = counts_;
  status.frames.read = read.load();
  status.end_to_end = end_to_end_;
}

namespace {

EngineSummary summarise_engine(const CompiledModel& model, int requests) {
  RuntimeInfo runtime = model.runtime();
  EngineSummary engine;
  engine.engine = runtime.engine;
  engine.device = runtime.device;
  engine.precision = runtime.precision;
  engine.requests = requests;
  engine.execution_streams = runtime.execution_streams;
  return engine;
}

ModelSummary summarise_model(std::string name, const CompiledModel& model, const ModelNumbers& numbers) {
  ModelSummary summary;
  summary.name = std::move(name);
  summary.engine = summarise_engine(model, numbers.requests);
  const Histogram& times = numbers.infer.histogram();
  summary.inferences = times.count();
  summary.infer_s = to_seconds(times.sum());
  summary.p50_ms = to_ms(times.percentile(0.5));
  summary.p99_ms = to_ms(times.percentile(0.99));
  return summary;
}

std::vector<ModelSummary> summarise_models(const RunParts& parts, const RunNumbers& numbers) {
  std::vector<ModelSummary> all;
  for (const PipelineModel& model : parts.models)
    all.push_back(summarise_model(model.name, *model.detector.model, numbers.models[all.size()]));
  if (parts.cascade)
    all.push_back(summarise_model(parts.cascade->name, *parts.cascade->model.model, numbers.models.back()));
  return all;
}

int total_streams(const std::vector<ModelSummary>& models) {
  int streams = 0;
  for (const ModelSummary& model : models) streams += std::max(1, model.engine.execution_streams);
  return streams;
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

std::string times_text(std::uint64_t times, std::string_view what) {
  return fmt::format("{} time{} {}", times, times == 1 ? "" : "s", what);
}

CreditSummary summarise_credits(const CreditNumbers& numbers, const PipelineOptions& options) {
  CreditSummary credits{numbers.start, numbers.most, numbers.end, ""};
  if (numbers.most == 0) return credits;
  if (options.max_frames > 0)
    credits.why = "as asked for";
  else if (numbers.times_more == 0)
    credits.why = "enough: the device did not wait for frames that waited for credits";
  else
    credits.why = fmt::format("{}: the device waited for frames that waited for credits; {}: more of them were no help",
                              times_text(numbers.times_more, "more"), times_text(numbers.times_fewer, "fewer"));
  return credits;
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
  summary.credit_frames = numbers.credits.most;
  summary.credits = summarise_credits(numbers.credits, parts.options);
  summary.fps = summary.wall_s > 0 ? static_cast<double>(summary.frames.emitted) / summary.wall_s : 0;
  summary.latency = summarise(status.end_to_end);
  summary.models = summarise_models(parts, numbers);
  summary.engine = summary.models.front().engine;
  summary.sources = tally.sources();
  summary.stages = summarise_stages(numbers, total_streams(summary.models));
  summary.bottleneck = find_bottleneck(summary);
  return summary;
}

}  // namespace inflight
