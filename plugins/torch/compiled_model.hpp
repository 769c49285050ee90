#pragma once

#include "infer_request.hpp"
#include "inflight/engine.hpp"
#include "lanes.hpp"
#include "loader.hpp"
#include "schedule.hpp"

namespace inflight::torchscript {

/// One module, which the lanes share: its weights are in memory once, however many inferences run.
class TorchModel final : public CompiledModel {
 public:
  TorchModel(LoadedModule module, const std::string& device, const Schedule& schedule);

  const ModelInfo& info() const noexcept override { return loaded_.info; }
  RuntimeInfo runtime() const override { return runtime_; }
  int optimal_requests() const noexcept override { return optimal_requests_; }
  Result<std::unique_ptr<InferRequest>> create_request() override;

 private:
  const Loaded loaded_;
  const RuntimeInfo runtime_;
  const int optimal_requests_;
  Lanes lanes_;  // last: its threads run the module
};

}  // namespace inflight::torchscript
