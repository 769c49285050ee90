#include "device_pool_model.hpp"

#include <fmt/format.h>

#include "device_pool_request.hpp"

namespace inflight {
namespace {

class PooledModel final : public CompiledModel {
 public:
  PooledModel(std::vector<PoolCandidate> candidates, const CompileOptions& options, const PoolPolicy& policy)
      : pool_(std::move(candidates), options, policy) {}

  Result<void> wait_until_ready() { return pool_.wait_until_ready(); }

  const ModelInfo& info() const noexcept override { return pool_.info(); }
  RuntimeInfo runtime() const override { return pool_.runtime(); }
  int optimal_requests() const noexcept override { return pool_.optimal_requests(); }
  Result<std::unique_ptr<InferRequest>> create_request() override { return PooledRequest::create(pool_); }
  void flush() noexcept override { pool_.flush(); }

 private:
  DevicePool pool_;
};

}  // namespace

Result<std::shared_ptr<CompiledModel>> make_pool(std::vector<PoolCandidate> candidates, const CompileOptions& options,
                                                 const PoolPolicy& policy) {
  if (candidates.empty()) return fail(ErrorCode::invalid_argument, fmt::format("{} needs devices", policy.name));
  if (candidates.size() > kMostMembers)
    return fail(ErrorCode::invalid_argument, fmt::format("{} takes at most {} devices", policy.name, kMostMembers));
  auto model = std::make_shared<PooledModel>(std::move(candidates), options, policy);
  if (Result<void> ready = model->wait_until_ready(); !ready) return fail(std::move(ready.error()));
  return model;
}

}  // namespace inflight
