#include "cpu_device.hpp"

#include <fstream>

namespace inflight::torchscript {

DeviceInfo cpu_device() {
  DeviceInfo cpu{"CPU", "CPU", {"FP32"}};
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (std::size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos) {
      cpu.full_name = line.substr(colon + 2);
      break;
    }
  return cpu;
}

}  // namespace inflight::torchscript
