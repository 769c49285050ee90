#pragma once

#include <string>
#include <vector>

#include "forward.hpp"
#include "inflight/engine.hpp"
#include "lanes.hpp"
#include "mutex.hpp"

namespace inflight::torchscript {

/// What the requests of one compiled model share.
struct Loaded {
  Forward forward;
  ModelInfo info;
  std::string device;  ///< "torch:CPU"
  int intra_op_threads = 1;
};

/// Inputs are memory of ours or of the caller that the model reads in place (on an accelerator: from which it
/// copies); outputs are LibTorch's tensors, kept until the next result.
class TorchRequest final : public InferRequest, private Job {
 public:
  /// Both must outlive the request.
  TorchRequest(const Loaded& model, Lanes& lanes);
  ~TorchRequest() override;

  Result<TensorView> input(std::size_t port) override;
  Result<void> set_input(std::size_t port, TensorView data) override;
  Result<void> start(Done done) override;
  Result<TensorView> output(std::size_t port) override;
  /// TorchScript cannot be interrupted: an inference that has begun runs to its end, and its result is dropped.
  void cancel() noexcept override;

 private:
  void run() noexcept override;
  Outcome infer();
  void complete(Outcome outcome);
  bool is_cancelled();
  Result<void> idle_with(std::size_t port, std::size_t ports);

  // Constant after construction.
  const Loaded& model_;
  Lanes& lanes_;

  // Used by the owner while idle, by a lane while in flight.
  std::vector<Tensor> own_inputs_;  // empty until asked for
  std::vector<at::Tensor> inputs_;  // borrow those, or the caller's
  std::vector<NamedTensor> outputs_;
  Done done_;
  TimePoint started_;

  Mutex mutex_;
  CondVar changed_;
  bool in_flight_ INFLIGHT_GUARDED_BY(mutex_) = false;  // from start() until just before `done` is called
  bool cancelled_ INFLIGHT_GUARDED_BY(mutex_) = false;
  int calling_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // `done`s that have not returned; two when one started the next
};

}  // namespace inflight::torchscript
