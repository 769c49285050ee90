// NumPy's .npy files (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once

#include <filesystem>

#include "inflight/result.hpp"
#include "inflight/tensor.hpp"

namespace inflight {

/// Errors: unreadable_input (not a .npy file, truncated, in column-major order, or of a type that no port has).
Result<Tensor> read_npy(const std::filesystem::path& path);

}  // namespace inflight
