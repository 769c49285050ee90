// BATCH: requests of all callers gather into batches, on any device of any engine.
#pragma once

#include <memory>
#include <vector>

#include "batch_planner.hpp"
#include "mutex.hpp"

namespace inflight {

class BatchRequest;
class BatchRun;

/// The model compiled for one batch size, and the requests that run it.
struct BatchSize {
  int size = 1;
  std::shared_ptr<CompiledModel> model;
  std::vector<std::unique_ptr<BatchRun>> runs;
  std::vector<BatchRun*> free;  ///< guarded by the BatchModel's mutex
};

/// A ladder of sizes, so that a partial batch runs on the smallest that holds it, padded by less than its own
/// length. Lock order: mutex_ is never held while an engine or a caller is called.
class BatchModel final : public CompiledModel, public std::enable_shared_from_this<BatchModel> {
 public:
  /// `ladder`: sizes ascending, from 1. Errors: those of creating requests.
  static Result<std::shared_ptr<BatchModel>> create(std::vector<BatchSize> ladder, const CompileOptions& options);
  ~BatchModel() override;

  const ModelInfo& info() const noexcept override { return ladder_.front().model->info(); }
  RuntimeInfo runtime() const override;
  int optimal_requests() const noexcept override { return max_size() * max_running_; }
  Result<std::unique_ptr<InferRequest>> create_request() override;
  void flush() noexcept override INFLIGHT_EXCLUDES(mutex_);

 private:
  friend class BatchRequest;
  friend class BatchRun;
  using Launches = std::vector<BatchRun*>;

  BatchModel(std::vector<BatchSize> ladder, const CompileOptions& options);
  Result<void> create_runs();
  int max_size() const noexcept { return ladder_.back().size; }

  // For BatchRequest.
  Result<void> start(BatchRequest& request, Done done) INFLIGHT_EXCLUDES(mutex_);
  void cancel(BatchRequest& request) noexcept INFLIGHT_EXCLUDES(mutex_);
  void leave(BatchRequest& request) INFLIGHT_EXCLUDES(mutex_);
  void complete(BatchRequest& request, Outcome outcome) INFLIGHT_EXCLUDES(mutex_);

  // For BatchRun.
  void finished(BatchRun& run, const Outcome& outcome) INFLIGHT_EXCLUDES(mutex_);
  void failed_to_start(BatchRun& run, Error error);

  Launches plan(TimePoint now) INFLIGHT_REQUIRES(mutex_);
  bool has_room() const INFLIGHT_REQUIRES(mutex_);
  bool may_launch(TimePoint now) INFLIGHT_REQUIRES(mutex_);
  BatchRun* form_batch() INFLIGHT_REQUIRES(mutex_);
  BatchSize& smallest_holding(int count) noexcept;
  void set_timer(TimePoint when) INFLIGHT_REQUIRES(mutex_);
  void on_timer() INFLIGHT_EXCLUDES(mutex_);
  void append(BatchRequest& request) INFLIGHT_REQUIRES(mutex_);
  BatchRequest& take_first() INFLIGHT_REQUIRES(mutex_);
  void launch(const Launches& launches) INFLIGHT_EXCLUDES(mutex_);

  std::vector<BatchSize> ladder_;  // sizes and models constant; free lists guarded
  Clock& clock_;
  const int max_running_;  // batches, while they can still grow; as many full ones may wait behind them

  Mutex mutex_;
  CondVar settled_;
  BatchPlanner planner_ INFLIGHT_GUARDED_BY(mutex_);
  BatchRequest* first_ INFLIGHT_GUARDED_BY(mutex_) = nullptr;  // waiting, oldest first; linked through next_
  BatchRequest* last_ INFLIGHT_GUARDED_BY(mutex_) = nullptr;
  int pending_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  int in_batches_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  int running_ INFLIGHT_GUARDED_BY(mutex_) = 0;   // batches
  int requests_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // that exist
  bool flushing_ INFLIGHT_GUARDED_BY(mutex_) = false;
  TimerId timer_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  TimePoint timer_due_ INFLIGHT_GUARDED_BY(mutex_);
};

}  // namespace inflight
