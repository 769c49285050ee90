#include "compiled_model.hpp"

#include <fmt/format.h>

#include "convert.hpp"

namespace inflight::torchscript {

TorchModel::TorchModel(LoadedModule module, const std::string& device, const Schedule& schedule)
    : loaded_{std::move(module.forward), std::move(module.info), "torch:" + device, schedule.intra_op_threads},
      runtime_{"torch", loaded_.device, to_string(module.precision), schedule.lanes},
      optimal_requests_(schedule.optimal_requests),
      lanes_("torch", schedule.lanes) {}

Result<std::unique_ptr<InferRequest>> TorchModel::create_request() {
  try {
    return std::make_unique<TorchRequest>(loaded_, lanes_);
  } catch (const std::exception& error) {
    return fail(ErrorCode::engine_failed, fmt::format("{}: {}", runtime_.device, one_line(error)));
  }
}

}  // namespace inflight::torchscript
