// A request of an engine whose library computes on the thread that calls.
#pragma once

#include <string>

#include "inflight/engine.hpp"
#include "lanes.hpp"
#include "mutex.hpp"

namespace inflight {

/// All of the contract that has to do with threads: busy while in flight, `done` exactly once, cancelling, and a
/// destructor that waits. What derives from it has the tensors, and says how to infer.
class LaneRequest : public InferRequest, private LaneTask {
 public:
  Result<void> start(Done done) final;
  void cancel() noexcept final;

 protected:
  /// All must outlive the request.
  LaneRequest(const ModelInfo& info, const std::string& device, Lanes& lanes)
      : info_(info), device_(device), lanes_(lanes) {}

  /// Binds what was never set. On the thread that starts; the request is idle.
  virtual Result<void> prepare() = 0;
  /// On a lane. Must not throw.
  virtual Outcome infer() = 0;
  /// Lets an inference that runs end early, if the library can.
  virtual void interrupt() noexcept {}

  /// First in the destructor of what derives from this: a lane may be using its members until then.
  void wait_until_idle();

  /// Errors: busy; invalid_argument, if there are not so many ports.
  Result<void> idle_with(std::size_t port, std::size_t ports);
  /// The same for an input, and whether `data` has its type and shape. Errors: busy, invalid_argument.
  Result<void> takes(std::size_t port, const TensorView& data);
  bool is_cancelled();
  Served served() const { return {device_, 1, steady_clock().now() - started_}; }
  tl::unexpected<Error> failed(const std::string& why) const;
  tl::unexpected<Error> no_results(std::size_t port) const;

  const ModelInfo& info_;
  const std::string& device_;  // "ort:CPU"

 private:
  void run() noexcept override;
  void complete(Outcome outcome);

  Lanes& lanes_;
  // Used by the owner while idle, by a lane while in flight.
  Done done_;
  TimePoint started_;

  Mutex mutex_;
  CondVar changed_;
  bool in_flight_ INFLIGHT_GUARDED_BY(mutex_) = false;  // from start() until just before `done` is called
  bool cancelled_ INFLIGHT_GUARDED_BY(mutex_) = false;
  int calling_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // `done`s that have not returned; two when one started the next
};

}  // namespace inflight
