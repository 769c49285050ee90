#pragma once

#include "infer_request.hpp"
#include "inflight/engine.hpp"
#include "lanes.hpp"

namespace inflight::onnxruntime {

/// One session, which the lanes share: its weights are in memory once, however many inferences run.
class OrtModel final : public CompiledModel {
 public:
  OrtModel(Ort::Session session, ModelInfo info, RuntimeInfo runtime, int optimal_requests);

  const ModelInfo& info() const noexcept override { return loaded_.info; }
  RuntimeInfo runtime() const override { return runtime_; }
  int optimal_requests() const noexcept override { return optimal_requests_; }
  Result<std::unique_ptr<InferRequest>> create_request() override;

 private:
  Loaded loaded_;
  const RuntimeInfo runtime_;
  const int optimal_requests_;
  Lanes lanes_;  // last: its threads run the session
};

}  // namespace inflight::onnxruntime
