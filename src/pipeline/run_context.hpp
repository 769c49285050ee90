// What a synchronous and an asynchronous run share: what was asked for, and what came of it.
#pragma once

#include <array>
#include <atomic>
#include <memory>
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
  std::vector<std::unique_ptr<Sink>> sinks;  ///< of this source alone
};

/// Everything a run is made of. Constant during the run, save what says otherwise.
struct RunParts {
  Detector detector;
  PipelineOptions options;
  std::vector<SourceEntry> sources;
  std::vector<std::unique_ptr<Sink>> shared_sinks;
  Clock& clock() const noexcept { return options.clock ? *options.clock : steady_clock(); }
};

/// Errors: invalid_argument, if a part is missing.
Result<void> check(const Detector& detector);

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
  void start(std::size_t sources, TimelineRecorder* recorder) {
    rates_.resize(sources);
    recorder_ = recorder;
  }

  std::atomic<std::uint64_t> read = 0;
  std::atomic<std::uint64_t> done = 0;

  /// Times and counts `result`, which comes out now. Called where results come out in order: by one thread.
  void settle(FrameResult& result, const Error* error, TimePoint now) INFLIGHT_EXCLUDES(mutex_);
  /// For a thread that does `stage`. What it measures is part of the totals.
  StageMeter meter(Stage stage, std::string thread);
  /// nullptr: nobody records.
  TimelineRecorder* recorder() const noexcept { return recorder_; }

  /// Frames, times and stages.
  void fill(RunStatus& status) const INFLIGHT_EXCLUDES(mutex_);

 private:
  std::array<StageTotals, kStageNames.size()> stages_;
  TimelineRecorder* recorder_ = nullptr;  // constant during the run
  std::vector<RateMeter> rates_;          // by source; of the thread that settles
  mutable Mutex mutex_;
  FrameCounts counts_ INFLIGHT_GUARDED_BY(mutex_);
  Histogram end_to_end_ INFLIGHT_GUARDED_BY(mutex_);
};

/// The numbers of a run that ended. Fills everything but events and calibration.
struct RunNumbers {
  std::array<StageMeter, 5> stages;
  Duration wall{0};
  Duration cpu{0};
  int requests = 1;
  StageMeter& operator[](Stage stage) noexcept { return stages[static_cast<std::size_t>(stage)]; }
};
RunSummary summarise_run(const RunParts& parts, const Tally& tally, const RunNumbers& numbers);

}  // namespace inflight
