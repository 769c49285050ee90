// ONNX Runtime's execution providers, as devices.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <map>
#include <string>

#include "inflight/engine.hpp"

namespace inflight::onnxruntime {

/// Those that the library was built with and that Inflight knows how to ask for.
std::vector<DeviceInfo> list_devices();

/// Throws Ort::Exception: the provider does not know an option, or cannot be used on this machine.
/// `properties` are the provider's own options, by its own names. Precondition: `device` is of list_devices().
void add_provider(Ort::SessionOptions& session, const std::string& device, const CompileOptions& options,
                  const std::map<std::string, std::string>& properties);

/// A line of /proc/cpuinfo: "model name", "flags"; `otherwise` where there is none.
std::string cpuinfo(std::string_view field, std::string_view otherwise);

}  // namespace inflight::onnxruntime
