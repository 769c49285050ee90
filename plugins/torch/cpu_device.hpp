// The one device that LibTorch always has.
#pragma once

#include "inflight/engine.hpp"

namespace inflight::torchscript {

DeviceInfo cpu_device();

}  // namespace inflight::torchscript
