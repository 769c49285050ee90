#pragma once

#include <onnxruntime_cxx_api.h>

#include <vector>

#include "inflight/engine.hpp"
#include "lane_request.hpp"

namespace inflight::onnxruntime {

/// What the requests of one compiled model share. Session::Run is thread-safe by ONNX Runtime's word.
struct Loaded {
  Ort::Session session;
  ModelInfo info;
  std::string device;                    ///< "ort:CPU"
  std::vector<const char*> input_names;  // into info
  std::vector<const char*> output_names;
};

/// Inputs and outputs are memory of ours or of the caller that the session reads and writes in place; only outputs
/// whose shape the model leaves open are allocated by ONNX Runtime, in each run. (IoBinding would do the same with
/// one more object: on a CPU, values handed to Run are bound without a copy.)
class OrtRequest final : public LaneRequest {
 public:
  /// Both must outlive the request. Throws Ort::Exception, std::bad_alloc.
  OrtRequest(Loaded& model, Lanes& lanes);
  ~OrtRequest() override;

  Result<TensorView> input(std::size_t port) override;
  Result<void> set_input(std::size_t port, TensorView data) override;
  Result<TensorView> output(std::size_t port) override;

 private:
  Result<void> prepare() override;
  Outcome infer() override;
  void interrupt() noexcept override;
  void bind_input(std::size_t port, TensorView data);

  Loaded& model_;  // constant after construction

  // Used by the owner while idle, by a lane while in flight.
  std::vector<Tensor> own_inputs_;   // empty until asked for
  std::vector<Tensor> own_outputs_;  // empty where the shape is open
  std::vector<TensorView> bound_;    // what inputs_ borrow
  std::vector<Ort::Value> inputs_;
  std::vector<Ort::Value> outputs_;

  Ort::RunOptions run_options_;  // may be told to terminate from any thread
};

}  // namespace inflight::onnxruntime
