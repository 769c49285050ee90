#include "devices.hpp"

#include <fmt/format.h>
#include <torch/cuda.h>

#include "cpu_device.hpp"

namespace inflight::torchscript {

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> devices{cpu_device()};
  std::size_t count = torch::cuda::device_count();
  for (std::size_t i = 0; i < count; ++i)
    devices.push_back({count == 1 ? "CUDA" : fmt::format("CUDA.{}", i), fmt::format("NVIDIA GPU {}", i), {"FP32"}});
  return devices;
}

std::optional<at::Device> to_device(const std::string& name) {
  if (name == "CPU") return at::Device(at::kCPU);
  std::size_t count = torch::cuda::device_count();
  if (name == "CUDA" && count > 0) return at::Device(at::kCUDA, 0);
  for (std::size_t i = 0; i < count; ++i)
    if (name == fmt::format("CUDA.{}", i)) return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(i));
  return std::nullopt;
}

}  // namespace inflight::torchscript
