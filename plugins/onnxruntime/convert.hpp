// Between ONNX Runtime's values and ours.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <string>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight::onnxruntime {

ElementType to_element_type(ONNXTensorElementDataType type) noexcept;
ONNXTensorElementDataType from_element_type(ElementType type) noexcept;

/// A value that borrows `data`, which must outlive it.
Ort::Value borrow(TensorView data);
/// Precondition: `value` is a tensor.
TensorView to_view(const Ort::Value& value);

/// A dimension that the model leaves open, and the name it gives to it, if any.
struct OpenDimension {
  std::size_t input = 0;
  std::size_t axis = 0;
  std::string name;
};

/// What a session says of its model.
struct Description {
  ModelInfo info;
  std::vector<OpenDimension> open;  ///< of the inputs
};

/// Errors: model_unusable, naming the input or output that no Port can describe.
Result<Description> describe(const std::string& name, const Ort::Session& session);

/// An exception's message on one line, of a length that a person reads.
std::string one_line(const std::exception& error);

}  // namespace inflight::onnxruntime
