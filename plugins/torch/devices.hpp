// The devices that this build of LibTorch finds on this machine.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight::torchscript {

/// "CPU"; and "CUDA", or "CUDA.0", "CUDA.1", … where there are several.
std::vector<DeviceInfo> list_devices();

/// nullopt: there is none of that name. "CUDA" is the first of several, "CUDA.0" the only one.
std::optional<at::Device> to_device(const std::string& name);

}  // namespace inflight::torchscript
