#include "compiled_model.hpp"

#include <fmt/format.h>

#include "convert.hpp"

namespace inflight::onnxruntime {

OrtModel::OrtModel(Ort::Session session, ModelInfo info, RuntimeInfo runtime, int optimal_requests)
    : loaded_{std::move(session), std::move(info), runtime.device, {}, {}},
      runtime_(std::move(runtime)),
      optimal_requests_(optimal_requests),
      lanes_("ort", runtime_.execution_streams) {
  for (const Port& port : loaded_.info.inputs) loaded_.input_names.push_back(port.name.c_str());
  for (const Port& port : loaded_.info.outputs) loaded_.output_names.push_back(port.name.c_str());
}

Result<std::unique_ptr<InferRequest>> OrtModel::create_request() {
  try {
    return std::make_unique<OrtRequest>(loaded_, lanes_);
  } catch (const std::exception& error) {
    return fail(ErrorCode::engine_failed, fmt::format("{}: {}", runtime_.device, one_line(error)));
  }
}

}  // namespace inflight::onnxruntime
