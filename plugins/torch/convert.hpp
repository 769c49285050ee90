// Between LibTorch's values and ours.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "inflight/engine.hpp"

namespace inflight::torchscript {

ElementType to_element_type(at::ScalarType type) noexcept;
/// Precondition: `type` is not `other`.
at::ScalarType from_element_type(ElementType type) noexcept;

/// A tensor that borrows `data`, which must outlive it.
at::Tensor borrow(TensorView data);
/// Precondition: `tensor` is dense, row-major and in the CPU's memory.
TensorView to_view(const at::Tensor& tensor);

/// Errors: model_unusable, where a Port cannot describe such a tensor.
Result<Port> to_port(const std::string& name, const at::Tensor& tensor);

/// What an exception says happened, on one line of a length that a person reads: without the C++ and Python lines
/// at which it happened.
std::string one_line(const std::exception& error);

}  // namespace inflight::torchscript
