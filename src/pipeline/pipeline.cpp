#include "inflight/pipeline.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "async_run.hpp"
#include "hidden.hpp"
#include "proc.hpp"
#include "steps.hpp"
#include "sync_run.hpp"

namespace inflight {
namespace {

/// A caller's function as a sink.
class FunctionSink final : public Sink {
 public:
  explicit FunctionSink(std::function<void(const FrameResult&)> function) : function_(std::move(function)) {}
  Result<void> write(const FrameResult& result) override {
    function_(result);  // what it throws is for the caller of write() to catch, as with any sink
    return {};
  }
  Result<void> finish() override { return {}; }

 private:
  std::function<void(const FrameResult&)> function_;
};

/// In the place of one that is null, and came when the run could not be refused any more.
class NoSource final : public Source {
 public:
  const SourceInfo& info() const noexcept override { return info_; }
  Result<bool> read(Frame&) override {
    return fail(ErrorCode::invalid_argument, "a source that was added to the pipeline is null");
  }

 private:
  SourceInfo info_{"(null)", {}, 0, 0};
};

}  // namespace

class INFLIGHT_HIDDEN Pipeline::Impl {
 public:
  RunParts parts;

  SourceId add(std::unique_ptr<Source> source, SourceSetup setup) {
    // Asked for here, since a source is its reading thread's once the run has begun.
    std::optional<std::uint64_t> frames = source ? source->info().frames : std::nullopt;
    SourceEntry entry{std::move(source), std::move(setup)};
    SourceId id = 0;
    if (take(entry, frames, id)) return id;
    finish_all(entry.setup.sinks, nullptr);  // without the lock: a sink may take its time
    return id;
  }

  void remove(SourceId source) noexcept {
    MutexLock lock(mutex_);
    async_ ? async_->remove(source) : removed_.push_back(source);
  }

  Result<RunSummary> run() {
    if (ran_.exchange(true))
      return fail(ErrorCode::invalid_argument, "a pipeline runs once; build another for another run");
    if (Result<void> ready = check_parts(); !ready) {
      ran_ = false;  // what is missing may be added
      return fail(std::move(ready.error()));
    }
    bool sync = parts.options.api == Api::sync;
    if (sync) take_sources();
    tally_.start(parts.options.recorder);
    begin_ = parts.clock().now();
    events_.start(begin_);
    if (parts.options.recorder) parts.options.recorder->start(begin_);
    began_.store(true, std::memory_order_release);
    for (const PipelineModel& model : parts.models) model.detector.postprocessor->take_doubt();  // of other runs
    Duration cpu = process_cpu_time() + child_usage().cpu_time;
    Result<RunNumbers> numbers = sync ? run_sync(parts, {tally_, events_, closing_}) : run_async();
    end_ = parts.clock().now();
    ended_.store(true, std::memory_order_release);
    if (!numbers) {
      take_sources();
      return fail(finish_sinks(std::move(numbers.error())));
    }
    numbers->wall = end_ - begin_;
    ChildUsage children = child_usage();  // models may live in processes of their own
    numbers->cpu = std::max(Duration{0}, process_cpu_time() + children.cpu_time - cpu);
    RunSummary summary = summarise_run(parts, tally_, *numbers);
    summary.peak_rss_mb += children.peak_rss_mb;
    if (summary.frames.emitted > 0) voice_doubts();
    events_.write_to(summary, device_events());
    record_events(summary);
    return summary;
  }

  void end(bool drop) noexcept {
    closing_.store(true);
    MutexLock lock(mutex_);
    dropping_ = dropping_ || drop;
    if (async_) return async_->end(drop);
    for (SourceEntry& entry : parts.sources)
      if (entry.source) entry.source->interrupt();
  }

  Progress progress() const {
    Progress progress;
    progress.done = tally_.done.load(std::memory_order_acquire);  // first, so that no more are done than were read
    progress.read = tally_.read.load(std::memory_order_relaxed);
    std::uint64_t expected = expected_;
    progress.expected = expected == kUnknown ? 0 : expected;
    if (!began_.load(std::memory_order_acquire)) return progress;
    progress.elapsed = (ended_.load(std::memory_order_acquire) ? end_ : parts.clock().now()) - begin_;
    double seconds = to_seconds(progress.elapsed);
    if (seconds > 0) progress.frames_per_second = static_cast<double>(progress.done) / seconds;
    return progress;
  }

  RunStatus status() const {
    RunStatus status;
    status.progress = progress();
    tally_.fill(status);
    MutexLock lock(mutex_);
    if (async_) async_->fill(status);
    return status;
  }

 private:
  /// False: it comes too late.
  bool take(SourceEntry& entry, std::optional<std::uint64_t> frames, SourceId& id) {
    MutexLock lock(mutex_);
    expected_ = frames && expected_ != kUnknown ? expected_ + *frames : kUnknown;
    id = sources_++;
    if (async_) {
      if (!entry.source) entry.source = std::make_unique<NoSource>();
      return async_->add(entry);
    }
    if (taken_) return false;
    parts.sources.push_back(std::move(entry));
    return true;
  }

  /// From now on they are the run's.
  void take_sources() {
    MutexLock lock(mutex_);
    taken_ = true;
  }

  Result<void> check_parts() const {
    MutexLock lock(mutex_);
    if (parts.sources.empty() && !parts.options.keep_open)
      return fail(ErrorCode::invalid_argument, "the pipeline has no source");
    if (parts.options.requests < 0) return fail(ErrorCode::invalid_argument, "requests must be at least 1");
    auto missing = [](const auto& part) { return !part; };
    bool hollow = std::ranges::any_of(parts.shared_sinks, missing);
    for (const SourceEntry& entry : parts.sources)
      hollow = hollow || !entry.source || std::ranges::any_of(entry.setup.sinks, missing);
    if (hollow) return fail(ErrorCode::invalid_argument, "a source or sink of the pipeline is null");
    return check_models(parts);
  }

  /// Nothing found is an answer like any other, and what a wrong setting looks like.
  void voice_doubts() {
    for (const PipelineModel& model : parts.models) {
      std::string doubt = model.detector.postprocessor->take_doubt();
      if (doubt.empty()) continue;
      std::string who = parts.models.size() > 1 ? model.name + ": " : "";
      events_.add(parts.clock().now(), "nothing_found", who + "nothing was found in any frame: " + doubt);
    }
  }

  std::vector<DeviceEvent> device_events() const {
    std::vector<DeviceEvent> all;
    auto take = [&all](const std::shared_ptr<DeviceLog>& log) {
      if (log) std::ranges::move(log->take(), std::back_inserter(all));
    };
    for (const PipelineModel& model : parts.models) take(model.detector.device_log);
    if (parts.cascade) take(parts.cascade->model.device_log);
    return all;
  }

  void record_events(const RunSummary& summary) const {
    if (!parts.options.recorder) return;
    for (const Event& event : summary.events)
      parts.options.recorder->event(
          {begin_ + event.at, event.kind, event.device, event.text, event.inferences_per_second});
  }

  /// For a run that could not begin: what its sinks have opened is closed all the same, and what went wrong with
  /// that is told after `why`.
  Error finish_sinks(Error why) {
    for (SourceEntry& entry : parts.sources) finish_all(entry.setup.sinks, &why);
    finish_all(parts.shared_sinks, &why);
    return why;
  }

  static void finish_all(std::vector<std::unique_ptr<Sink>>& sinks, Error* why) {
    for (std::unique_ptr<Sink>& sink : sinks)
      if (Result<void> done = finish(*sink); !done && why) why->message += "; " + done.error().message;
    sinks.clear();
  }

  Result<RunNumbers> run_async() {
    Result<std::unique_ptr<AsyncRun>> run = AsyncRun::create(parts, {tally_, events_});
    if (!run) return fail(std::move(run.error()));
    set_current(run->get());
    RunNumbers numbers = (*run)->run();
    set_current(nullptr);
    return numbers;
  }

  /// An end() that came before the run began takes effect here.
  void set_current(AsyncRun* run) {
    MutexLock lock(mutex_);
    async_ = run;
    taken_ = true;
    if (!run) return;
    for (SourceId source : removed_) run->remove(source);
    if (closing_.load()) run->end(dropping_);
  }

  Tally tally_;
  EventLog events_;
  std::atomic<bool> ran_ = false;
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  std::atomic<std::uint64_t> expected_ = 0;  // frames of all sources
  TimePoint begin_, end_;                    // written before began_ and ended_
  std::atomic<bool> began_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> closing_ = false;
  mutable Mutex mutex_;
  AsyncRun* async_ INFLIGHT_GUARDED_BY(mutex_) = nullptr;
  SourceId sources_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::vector<SourceId> removed_ INFLIGHT_GUARDED_BY(mutex_);  // before the run
  bool taken_ INFLIGHT_GUARDED_BY(mutex_) = false;             // parts.sources is the run's
  bool dropping_ INFLIGHT_GUARDED_BY(mutex_) = false;
};

Pipeline::Pipeline(Detector detector, PipelineOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->parts.models.push_back({"", std::move(detector)});
  impl_->parts.options = options;
}

Pipeline::Pipeline(std::vector<PipelineModel> models, PipelineOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->parts.models = std::move(models);
  impl_->parts.options = options;
}

Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;
Pipeline::~Pipeline() = default;

SourceId Pipeline::add_source(std::unique_ptr<Source> source, std::vector<std::unique_ptr<Sink>> sinks) {
  SourceSetup setup;
  setup.sinks = std::move(sinks);
  return impl_->add(std::move(source), std::move(setup));
}

SourceId Pipeline::add_source(std::unique_ptr<Source> source, SourceSetup setup) {
  return impl_->add(std::move(source), std::move(setup));
}

void Pipeline::remove_source(SourceId source) noexcept { impl_->remove(source); }

void Pipeline::set_cascade(Cascade cascade) { impl_->parts.cascade = std::move(cascade); }

void Pipeline::add_sink(std::unique_ptr<Sink> sink) { impl_->parts.shared_sinks.push_back(std::move(sink)); }

void Pipeline::on_result(std::function<void(const FrameResult&)> function) {
  add_sink(std::make_unique<FunctionSink>(std::move(function)));
}

Result<RunSummary> Pipeline::run() { return impl_->run(); }
void Pipeline::close() noexcept { impl_->end(false); }
void Pipeline::stop() noexcept { impl_->end(true); }
Progress Pipeline::progress() const { return impl_->progress(); }
RunStatus Pipeline::status() const { return impl_->status(); }

}  // namespace inflight
