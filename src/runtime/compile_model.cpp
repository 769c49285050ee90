// Device strings: "CPU" (the first engine that offers it), "ov:CPU", "sim:latency=5ms".
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "inflight/engine.hpp"

namespace inflight {
namespace {

struct Target {
  std::shared_ptr<Engine> engine;
  std::string device;
};

/// One line: what could have been asked for, and which engines are not usable and why.
std::string known_devices() {
  std::string known, unusable;
  for (const EngineStatus& status : engines()) {
    if (!status.engine) unusable += fmt::format("; engine {} is not usable: {}", status.name, status.problem);
    if (!status.engine) continue;
    for (const DeviceInfo& device : status.engine->devices())
      known += fmt::format("{}{}:{}", known.empty() ? "" : ", ", status.name, device.name);
  }
  return (known.empty() ? "there is no device" : "the devices are " + known) + unusable;
}

tl::unexpected<Error> unknown_device(const std::string& device) {
  return fail(ErrorCode::device_unusable, fmt::format("device \"{}\" is not known; {}", device, known_devices()));
}

bool offers(const Engine& engine, const std::string& device) {
  auto devices = engine.devices();
  return std::ranges::any_of(devices, [&](const DeviceInfo& d) { return d.name == device; });
}

Result<Target> find_target(const std::string& text) {
  std::size_t colon = text.find(':');
  std::string prefix = text.substr(0, colon);
  std::string device = colon == std::string::npos ? "" : text.substr(colon + 1);
  for (const EngineStatus& status : engines()) {
    if (status.name == prefix && !status.engine)
      return fail(ErrorCode::device_unusable, fmt::format("engine {} is not usable: {}", prefix, status.problem));
    if (!status.engine) continue;
    if (status.name == prefix && (prefix == "sim" || offers(*status.engine, device))) return Target{status.engine, device};
    if (colon == std::string::npos && offers(*status.engine, text)) return Target{status.engine, text};
  }
  return unknown_device(text);
}

}  // namespace

Result<std::shared_ptr<CompiledModel>> compile_model(const std::filesystem::path& model, const std::string& device,
                                                     const CompileOptions& options) {
  Result<Target> target = find_target(device);
  if (!target) return fail(std::move(target.error()));
  return target->engine->compile(model, target->device, options);
}

Result<ModelInfo> read_model(const std::filesystem::path& model) {
  if (std::error_code unknown; !std::filesystem::exists(model, unknown))
    return fail(ErrorCode::model_unusable, model.string() + ": there is no such file");
  std::string reasons;
  for (const EngineStatus& status : engines()) {
    if (!status.engine || status.name == "sim") continue;
    Result<ModelInfo> info = status.engine->read_model(model);
    if (info) return info;
    reasons += fmt::format("{}{}", reasons.empty() ? "" : "; ", info.error().message);
  }
  if (reasons.empty()) reasons = fmt::format("{}: no engine is there to read it; {}", model.string(), known_devices());
  return fail(ErrorCode::model_unusable, reasons);
}

}  // namespace inflight
