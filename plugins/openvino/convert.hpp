// Between OpenVINO's values and ours.
#pragma once

#include <openvino/openvino.hpp>
#include <string>

#include "inflight/engine.hpp"

namespace inflight::openvino {

ElementType to_element_type(const ov::element::Type& type) noexcept;
ov::element::Type from_element_type(ElementType type) noexcept;
Shape to_shape(const ov::PartialShape& shape);
TensorView to_view(const ov::Tensor& tensor);
ModelInfo to_model_info(const std::string& name, const ov::OutputVector& inputs, const ov::OutputVector& outputs);
ModelInfo to_model_info(const std::string& name, const std::vector<ov::Output<const ov::Node>>& inputs,
                        const std::vector<ov::Output<const ov::Node>>& outputs);
/// Everything the model file says of itself, nested keys joined by '/'.
std::map<std::string, std::string> to_metadata(const ov::AnyMap& info);

/// The part of an OpenVINO exception that a person can use, on one line: without source positions.
std::string first_line(const std::exception& error);

}  // namespace inflight::openvino
