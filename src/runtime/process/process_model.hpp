// PROCESS: a model that lives in a process of its own, so that what breaks there breaks nothing here.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "child_process.hpp"
#include "messages.hpp"
#include "mutex.hpp"
#include "shared_tensors.hpp"
#include "worker.hpp"

namespace inflight {

class ProcessRequest;

/// One thread of its own starts the process, hears what it says, answers callers, and starts another when it ends.
///
///   starting ─► up ─► (it ends) ─► starting ─► …          requests that are started meanwhile wait
///                        └─ the third time without a success in between ─► given up: they fail
///
/// Lock order: mutex_ is never held while a caller is called. Messages are sent under it, which keeps them in order;
/// the process reads whatever else it does.
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
  void serve(const Channel& channel);
  void give_up(const std::string& how_it_ended) INFLIGHT_EXCLUDES(mutex_);

  void send_create(const ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  void send_run(ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  void wait_for_process(ProcessRequest& request) INFLIGHT_REQUIRES(mutex_);
  void completed(Received received) INFLIGHT_EXCLUDES(mutex_);
  void forward(Received received) INFLIGHT_EXCLUDES(mutex_);
  Outcome outcome_of(Received& received, Duration infer_time) INFLIGHT_REQUIRES(mutex_);
  /// Answers all requests in flight, or all that wait.
  std::size_t fail_all(bool waiting, const Error& why) INFLIGHT_EXCLUDES(mutex_);
  void complete(ProcessRequest& request, Outcome outcome) INFLIGHT_EXCLUDES(mutex_);
  void tell(const char* kind, std::string text) const;

  const CompileOrder order_;
  const std::string device_;  // "PROCESS:ov:CPU", as it was asked for
  Clock& clock_;              // of events; inferences take real time

  // Constant once create() returns.
  ModelInfo info_;
  TensorLayout layout_;

  std::atomic<int> optimal_requests_ = 1;
  int crashes_ = 0;  // since the last success; of the thread that supervises

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

  std::optional<Worker> supervisor_;  // last: it uses all of the above
};

}  // namespace inflight
