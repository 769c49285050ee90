#pragma once

#include <openvino/openvino.hpp>

#include "inflight/engine.hpp"

namespace inflight::openvino {

class OpenVinoModel final : public CompiledModel {
 public:
  OpenVinoModel(ov::CompiledModel compiled, ModelInfo info, std::string device);

  const ModelInfo& info() const noexcept override { return info_; }
  RuntimeInfo runtime() const override { return runtime_; }
  int optimal_requests() const noexcept override { return optimal_requests_; }
  Result<std::unique_ptr<InferRequest>> create_request() override;

 private:
  ov::CompiledModel compiled_;
  const ModelInfo info_;
  RuntimeInfo runtime_;
  int optimal_requests_ = 1;
};

}  // namespace inflight::openvino
