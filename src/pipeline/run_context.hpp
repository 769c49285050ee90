// What a synchronous and an asynchronous run share: what was asked for, and what came of it.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inflight/infer_queue.hpp"
#include "inflight/pipeline.hpp"
#include "mutex.hpp"
#include "rate_meter.hpp"
#include "stage_meter.hpp"

namespace inflight {

struct SourceEntry {
  std::unique_ptr<Source> source;
  SourceSetup setup;
};

/// Everything a run is made of. Constant during the run, save what says otherwise.
struct RunParts {
  std::vector<PipelineModel> models;
  std::optional<Cascade> cascade;
  PipelineOptions options;
  std::vector<SourceEntry> sources;
  std::vector<std::unique_ptr<Sink>> shared_sinks;
  Clock& clock() const noexcept { return options.clock ? *options.clock : steady_clock(); }
};

/// Errors: invalid_argument, if a part is missing.
Result<void> check(const Detector& detector);
/// Errors: invalid_argument, if one is missing, or two have one name.
Result<void> check_models(const RunParts& parts);
/// Number of the model whose boxes the cascade takes. Precondition: check_models.
std::size_t model_of(const Cascade& cascade, const std::vector<PipelineModel>& models);

/// Unless asked for, twice what the engine calls optimal, also when that changes: one set runs while the other is
/// filled, so that no execution stream waits for the feeding thread to be scheduled. docs/decisions/ has the
/// measurement. `options` says how many and by which clock.
InferQueueOptions queue_options(const PipelineOptions& options) noexcept;

/// What happened besides frames. Thread-safe; the first kKept events are kept.
class EventLog {
 public:
  void start(TimePoint now) noexcept { start_ = now; }
  void add(TimePoint now, std::string kind, std::string text) INFLIGHT_EXCLUDES(mutex_);
  /// The same, and the run counts as failed: the first error is the run's.
  void fail(TimePoint now, std::string kind, const Error& error) INFLIGHT_EXCLUDES(mutex_);
  /// Together with what the devices told, in order of time.
  void write_to(RunSummary& summary, const std::vector<DeviceEvent>& of_devices) const INFLIGHT_EXCLUDES(mutex_);

 private:
  static constexpr std::size_t kKept = 1000;
  TimePoint start_;
  mutable Mutex mutex_;
  std::vector<Event> events_ INFLIGHT_GUARDED_BY(mutex_);
  std::string error_ INFLIGHT_GUARDED_BY(mutex_);
};

/// What a run has done so far. Counted by the threads that do it; read by those who look.
class Tally {
 public:
  /// Before the run begins.
  void start(TimelineRecorder* recorder) { recorder_ = recorder; }
  /// Sources are numbered in the order in which they come.
  void add_source(const SourceEntry& entry) INFLIGHT_EXCLUDES(mutex_);
  void end_source(SourceId source) INFLIGHT_EXCLUDES(mutex_);
  /// Nothing more will be told of it: what it takes in memory shrinks to its summary.
  void close_source(SourceId source) INFLIGHT_EXCLUDES(mutex_);

  std::atomic<std::uint64_t> read = 0;
  std::atomic<std::uint64_t> done = 0;

  void count_read(SourceId source) INFLIGHT_EXCLUDES(mutex_);
  /// An event of the source itself.
  void count_event(SourceId source, const std::string& kind) INFLIGHT_EXCLUDES(mutex_);
  /// The last sink has had a frame that was `age` old by then.
  void count_age(SourceId source, Duration age) INFLIGHT_EXCLUDES(mutex_);

  /// Times and counts `result`, which comes out now. Called where results come out in order: by one thread.
  void settle(FrameResult& result, const Error* error, TimePoint now) INFLIGHT_EXCLUDES(mutex_);
  /// For a thread that does `stage`. What it measures is part of the totals.
  StageMeter meter(Stage stage, std::string thread);
  /// nullptr: nobody records.
  TimelineRecorder* recorder() const noexcept { return recorder_; }

  /// Frames, times, stages and sources.
  void fill(RunStatus& status) const INFLIGHT_EXCLUDES(mutex_);
  std::vector<SourceSummary> sources() const INFLIGHT_EXCLUDES(mutex_);

 private:
  struct Times {
    Histogram end_to_end, age;
  };
  struct OfSource {
    std::string name;
    std::string assumed_matrix;
    int priority = 0;
    bool ended = false;
    RateMeter rate;
    FrameCounts counts;
    std::map<std::string, std::uint64_t> events;
    std::optional<TimePoint> first, last;  // results that were emitted
    std::unique_ptr<Times> times;          // nullptr: closed
    LatencySummary end_to_end, age;        // once it is closed
  };

  std::array<StageTotals, kStageNames.size()> stages_;
  TimelineRecorder* recorder_ = nullptr;  // constant during the run
  mutable Mutex mutex_;
  std::deque<OfSource> sources_ INFLIGHT_GUARDED_BY(mutex_);
  FrameCounts counts_ INFLIGHT_GUARDED_BY(mutex_);
  Histogram end_to_end_ INFLIGHT_GUARDED_BY(mutex_);
};

/// What one model, or the cascade's, did in a run.
struct ModelNumbers {
  int requests = 1;
  StageMeter infer;
};

/// Frames that could be on their way at once, over all sources. Zero: one after the other.
struct CreditNumbers {
  std::size_t start = 0, most = 0, end = 0;
  std::uint64_t times_more = 0, times_fewer = 0;
};

/// The numbers of a run that ended. Fills everything but events and calibration.
struct RunNumbers {
  std::array<StageMeter, 5> stages;
  std::vector<ModelNumbers> models;  ///< the cascade's last
  Duration wall{0};
  Duration cpu{0};
  CreditNumbers credits;
  StageMeter& operator[](Stage stage) noexcept { return stages[static_cast<std::size_t>(stage)]; }
};
RunSummary summarise_run(const RunParts& parts, const Tally& tally, const RunNumbers& numbers);

}  // namespace inflight
