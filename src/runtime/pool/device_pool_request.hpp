// A request that runs on whichever device of a pool is chosen when it starts, and on another if that one fails.
#pragma once

#include <string>
#include <vector>

#include "device_pool.hpp"
#include "inflight/engine.hpp"
#include "mutex.hpp"

namespace inflight {

/// Its input memory is its own; requests of the members read it in place. Its outputs are those of the member that
/// ran last, whose request it keeps until it needs one of another member.
///
///   idle ─start─► launching ─► running ─► idle, done called
///                  │  ▲  ▲          │
///                  ▼  │  └─ failed ─┘  on the next member, from where the failure was reported
///                waiting               for a member that comes; resumed by the pool
class PooledRequest final : public InferRequest {
 public:
  /// Errors: those of the device that serves now; model_unusable where a shape is not fixed.
  static Result<std::unique_ptr<InferRequest>> create(DevicePool& pool);
  ~PooledRequest() override;

  Result<TensorView> input(std::size_t port) override;
  Result<void> set_input(std::size_t port, TensorView data) override;
  Result<void> start(Done done) override;
  Result<TensorView> output(std::size_t port) override;
  void cancel() noexcept override;

  /// For the pool: it need not wait any longer.
  void resume() INFLIGHT_EXCLUDES(mutex_);

 private:
  explicit PooledRequest(DevicePool& pool);

  bool is_busy() INFLIGHT_EXCLUDES(mutex_);
  /// Starts on a member that was not tried yet, or waits for one. Errors: engine_failed, with what each of them said.
  Result<void> launch() INFLIGHT_EXCLUDES(mutex_);
  Result<void> launch_on(std::size_t member) INFLIGHT_EXCLUDES(mutex_);
  Result<void> hold(std::size_t member);
  Result<void> bind();
  std::uint64_t begin_run() INFLIGHT_EXCLUDES(mutex_);
  void cancel_if_asked(std::uint64_t run) noexcept INFLIGHT_EXCLUDES(mutex_);
  void await_member() INFLIGHT_EXCLUDES(mutex_);
  void cancel_waiting() INFLIGHT_REQUIRES(mutex_);
  void ended(Outcome outcome) INFLIGHT_EXCLUDES(mutex_);
  /// Whether the inference goes on elsewhere; else `outcome` is its end.
  bool runs_elsewhere(Outcome& outcome, bool cancelled) INFLIGHT_EXCLUDES(mutex_);
  void finish(Outcome outcome) INFLIGHT_EXCLUDES(mutex_);
  void leave() INFLIGHT_EXCLUDES(mutex_);

  DevicePool& pool_;
  std::vector<Tensor> memory_;  // by port

  // The owner's while idle; from start() on of whoever launches: the caller of start(), then where a run ends.
  std::vector<TensorView> inputs_;
  std::size_t member_ = kNoMember;
  std::unique_ptr<InferRequest> inner_;  // of member_; under mutex_ too while a run is on
  bool bound_ = false;                   // inner_ knows inputs_
  Attempts attempts_;
  std::string reasons_;
  TimePoint started_;

  Mutex mutex_;
  CondVar idle_;
  bool busy_ INFLIGHT_GUARDED_BY(mutex_) = false;
  bool running_ INFLIGHT_GUARDED_BY(mutex_) = false;    // inner_ may be cancelled
  bool cancelled_ INFLIGHT_GUARDED_BY(mutex_) = false;  // asked for
  std::uint64_t run_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  int active_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // calls that still use this object
  Done done_ INFLIGHT_GUARDED_BY(mutex_);
};

}  // namespace inflight
