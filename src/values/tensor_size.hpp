// How much memory a tensor takes, of shapes that nobody has vouched for.
#pragma once

#include <optional>

#include "inflight/tensor.hpp"

namespace inflight {

/// Bytes of such a tensor; nullopt where a dimension is not fixed, the type has no size, or no memory is as large
/// (Shape::elements() would wrap).
std::optional<std::size_t> bytes_of(ElementType type, const Shape& shape) noexcept;

}  // namespace inflight
