#include "compiled_model.hpp"

#include <algorithm>

#include "convert.hpp"
#include "infer_request.hpp"

namespace inflight::openvino {
namespace {

/// A property that a device need not have.
template <class T, class Property>
T property_or(const ov::CompiledModel& compiled, const Property& property, T otherwise) {
  try {
    return static_cast<T>(compiled.get_property(property));
  } catch (const std::exception&) {
    return otherwise;
  }
}

}  // namespace

OpenVinoModel::OpenVinoModel(ov::CompiledModel compiled, ModelInfo info, std::string device)
    : compiled_(std::move(compiled)), info_(std::move(info)) {
  auto precision = property_or(compiled_, ov::hint::inference_precision, ov::element::Type(ov::element::dynamic));
  bool known = precision != ov::element::dynamic;
  runtime_.engine = "ov";
  runtime_.device = "ov:" + device;
  runtime_.precision = known ? to_string(to_element_type(precision)) : "unknown";
  runtime_.execution_streams =
      std::max(1, static_cast<int>(property_or(compiled_, ov::num_streams, ov::streams::Num(1)).num));
  optimal_requests_ = std::max(1, static_cast<int>(property_or(compiled_, ov::optimal_number_of_infer_requests, 1U)));
}

Result<std::unique_ptr<InferRequest>> OpenVinoModel::create_request() {
  try {
    return std::make_unique<OpenVinoRequest>(compiled_.create_infer_request(), runtime_.device, info_.inputs.size());
  } catch (const std::exception& error) {
    return fail(ErrorCode::engine_failed, runtime_.device + ": " + first_line(error));
  }
}

}  // namespace inflight::openvino
