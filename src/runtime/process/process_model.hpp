// PROCESS: a model that lives in a process of its own, so that what breaks there breaks nothing here.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "child_process.hpp"
#include "messages.hpp"
#include "mutex.hpp"
#include "outbox.hpp"
#include "patience.hpp"
#include "shared_tensors.hpp"
#include "worker.hpp"

namespace inflight {

class ProcessRequest;

/// One thread of its own starts the process, hears what it says, answers callers, and starts another when it ends.
///
///   starting ─► up ─► (it ends) ─► starting ─► …          requests that are started meanwhile wait
///                        └─ the third time without a success in between ─► given up: they fail
///
/// Nothing that the process says is trusted: one that says what cannot be is ended, and so is one that does not answer
/// in time; then it goes on as if it had crashed.
///
/// Lock order: mutex_ is never held while a caller is called, nor while anything waits for the process. Messages are
/// sent under it, which keeps them in order.
class ProcessModel final : public CompiledModel {
 public:
  /// `order.options.on_event` and `.clock` stay here. Errors: device_unusable; what the process says of the model.
  static Result<std::shared_ptr<CompiledModel>> create(CompileOrder order);
  ~ProcessModel() override;
  ProcessModel(const ProcessModel&) = delete;
  ProcessModel& operator=(const ProcessModel&) = delete;

  const ModelInfo& info() const noexcept override { return info_; }
  RuntimeInfo runtime() const override INFLIGHT_EXCLUDES(mutex_);
  int optimal_requests() const noexcept override { return optimal_requests_; }
  Result<std::unique_ptr<InferRequest>> create_request() override INFLIGHT_EXCLUDES(mutex_);
  void flush() noexcept override INFLIGHT_EXCLUDES(mutex_);

 private:
  friend class ProcessRequest;

  explicit ProcessModel(CompileOrder order);

  // For ProcessRequest.
  bool is_busy(const ProcessRequest& request) INFLIGHT_EXCLUDES(mutex_);
  Result<void> start(ProcessRequest& request, Done done) INFLIGHT_EXCLUDES(mutex_);
  void cancel(ProcessRequest& request) noexcept INFLIGHT_EXCLUDES(mutex_);
  void leave(ProcessRequest& request) noexcept INFLIGHT_EXCLUDES(mutex_);

  // Of the thread that supervises; process_supervision.cpp.
  void supervise();
  Result<void> bring_up(std::optional<ChildProcess>& child);
  bool bring_up_again(std::optional<ChildProcess>& child, std::string how_it_ended);
  Result<CompiledState> compile_in(const ChildProcess& child);
  Result<void> adopt(CompiledState state);
  void admit_requests() INFLIGHT_EXCLUDES(mutex_);
  bool connect(const Channel* channel) INFLIGHT_EXCLUDES(mutex_);
  void settle_start(Result<void> up) INFLIGHT_EXCLUDES(mutex_);
  Result<Received> hear(const Channel& channel) INFLIGHT_EXCLUDES(mutex_);
  void serve(const Channel& channel);
  Result<void> take(Received received);
  std::string take_down(std::optional<ChildProcess>& child) INFLIGHT_EXCLUDES(mutex_);
  void give_up(const std::string& how_it_ended) INFLIGHT_EXCLUDES(mutex_);

  void send_create(const ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  void send_run(ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  void wait_for_process(ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  // Errors of these: what the process may not say.
  Result<void> completed(Received received) INFLIGHT_EXCLUDES(mutex_);
  Result<void> forward(Received received) INFLIGHT_EXCLUDES(mutex_);
  Result<Outcome> outcome_of(Received& received, const ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  /// Answers all requests in flight, or all that wait.
  std::size_t fail_all(bool waiting, const Error& why) INFLIGHT_EXCLUDES(mutex_);
  void complete(ProcessRequest& request, Outcome outcome) INFLIGHT_EXCLUDES(mutex_);
  void tell(const char* kind, std::string text) const;

  // Deadlines of answers; process_deadlines.cpp.
  void expect_compiled() INFLIGHT_EXCLUDES(mutex_);
  void expect_answer(ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  void expect_cancel(ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  std::optional<TimePoint> deadline_of(const ProcessRequest& request) const INFLIGHT_REQUIRES(mutex_);
  void wake_at(TimePoint when) INFLIGHT_REQUIRES(mutex_);
  void look_at_deadlines() INFLIGHT_EXCLUDES(mutex_);
  void stop_timer(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);
  void end_as(std::string fault) INFLIGHT_REQUIRES(mutex_);

  const CompileOrder order_;
  const std::string device_;  // "PROCESS:ov:CPU", as it was asked for
  Clock& clock_;              // of events and deadlines; inferences take real time

  // Constant once create() returns.
  ModelInfo info_;
  TensorLayout layout_;

  std::atomic<int> optimal_requests_ = 1;
  // Of the thread that supervises.
  int crashes_ = 0;  // since the last success
  Allowance events_left_;

  mutable Mutex mutex_;
  CondVar changed_;
  bool settled_ INFLIGHT_GUARDED_BY(mutex_) = false;  // the first start has succeeded or failed
  bool stopping_ INFLIGHT_GUARDED_BY(mutex_) = false;
  std::optional<Error> given_up_ INFLIGHT_GUARDED_BY(mutex_);
  const Channel* channel_ INFLIGHT_GUARDED_BY(mutex_) = nullptr;  // to the process there is, in whatever state
  bool up_ INFLIGHT_GUARDED_BY(mutex_) = false;                   // it takes requests
  RuntimeInfo runtime_ INFLIGHT_GUARDED_BY(mutex_);
  // What Served::device points to, by the name that the process has for it.
  std::map<std::string, std::string, std::less<>> devices_ INFLIGHT_GUARDED_BY(mutex_);
  std::map<std::uint32_t, ProcessRequest*> requests_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<ProcessRequest*> waiting_ INFLIGHT_GUARDED_BY(mutex_);  // for a process; each request once at most
  std::uint32_t last_request_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  Outbox outbox_ INFLIGHT_GUARDED_BY(mutex_);

  Patience patience_ INFLIGHT_GUARDED_BY(mutex_);
  std::string fault_ INFLIGHT_GUARDED_BY(mutex_);  // why this program ends the process
  std::optional<TimePoint> compiled_by_ INFLIGHT_GUARDED_BY(mutex_);
  TimePoint answered_ INFLIGHT_GUARDED_BY(mutex_);  // when an inference last was
  int running_ INFLIGHT_GUARDED_BY(mutex_) = 0;     // requests in that phase
  std::optional<TimePoint> wakes_at_ INFLIGHT_GUARDED_BY(mutex_);
  TimerId timer_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  int timers_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // that are yet to come back to this object

  std::optional<Worker> supervisor_;  // last: it uses all of the above
};

}  // namespace inflight
