#pragma once

#include <string>
#include <vector>

#include "forward.hpp"
#include "inflight/engine.hpp"
#include "lane_request.hpp"

namespace inflight::torchscript {

/// What the requests of one compiled model share.
struct Loaded {
  Forward forward;
  ModelInfo info;
  std::string device;  ///< "torch:CPU"
  int intra_op_threads = 1;
};

/// Inputs are memory of ours or of the caller that the model reads in place (on an accelerator: from which it
/// copies); outputs are LibTorch's tensors, kept until the next result. TorchScript cannot be interrupted: an inference
/// that has begun runs to its end, and if it was cancelled its result is dropped.
class TorchRequest final : public LaneRequest {
 public:
  /// Both must outlive the request.
  TorchRequest(const Loaded& model, Lanes& lanes);
  ~TorchRequest() override;

  Result<TensorView> input(std::size_t port) override;
  Result<void> set_input(std::size_t port, TensorView data) override;
  Result<TensorView> output(std::size_t port) override;

 private:
  Result<void> prepare() override;
  Outcome infer() override;

  const Loaded& model_;  // constant after construction

  // Used by the owner while idle, by a lane while in flight.
  std::vector<Tensor> own_inputs_;  // empty until asked for
  std::vector<at::Tensor> inputs_;  // borrow those, or the caller's
  std::vector<NamedTensor> outputs_;
};

}  // namespace inflight::torchscript
