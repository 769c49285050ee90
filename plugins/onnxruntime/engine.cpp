#include "engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiled_model.hpp"
#include "loader.hpp"
#include "plugin.hpp"
#include "providers.hpp"
#include "thread_room.hpp"
#include "usage.hpp"

namespace inflight::onnxruntime {
namespace {

namespace fs = std::filesystem;

/// Before ONNX Runtime tries, whose complaints about other formats nobody understands.
Result<void> check_file(const fs::path& model) {
  std::error_code unknown;
  if (!fs::exists(model, unknown)) return fail(ErrorCode::model_unusable, model.string() + ": there is no such file");
  if (model.extension() == ".onnx" || model.extension() == ".ort") return {};
  return fail(ErrorCode::model_unusable, model.string() + ": ONNX Runtime reads .onnx and .ort models only");
}

Engine* create(std::string& problem) {
  Result<Library> library = open_library();
  if (!library) {
    problem = library.error().message;
    return nullptr;
  }
  try {
    return new OrtEngine(*library);
  } catch (const std::exception& error) {
    problem = fmt::format("ONNX Runtime ({}) did not start: {}", library->path, one_line(error));
    return nullptr;
  }
}

}  // namespace

// Errors come back as values; what it has to say besides is asked for with property log_severity_level.
OrtEngine::OrtEngine(Library library) : library_(std::move(library)), env_(ORT_LOGGING_LEVEL_FATAL, "inflight") {}

std::vector<DeviceInfo> OrtEngine::devices() const {
  try {
    return list_devices();
  } catch (const std::exception&) {
    return {};  // the library is here, but does not answer
  }
}

Result<ModelInfo> OrtEngine::read_model(const fs::path& model) {
  if (Result<void> readable = check_file(model); !readable) return fail(std::move(readable.error()));
  try {
    Result<Description> found = inspect(env_, model);
    if (!found) return fail(std::move(found.error()));
    return std::move(found->info);
  } catch (const std::exception& error) {
    return fail(ErrorCode::model_unusable, fmt::format("{}: {}", model.string(), one_line(error)));
  }
}

Result<void> OrtEngine::check_device(const std::string& device, const CompileOptions& options) const {
  std::vector<DeviceInfo> known = devices();
  if (std::ranges::find(known, device, &DeviceInfo::name) == known.end()) {
    std::string names;
    for (const DeviceInfo& info : known) names += (names.empty() ? "ort:" : ", ort:") + info.name;
    return fail(ErrorCode::device_unusable,
                fmt::format("ONNX Runtime {} ({}) has no device \"{}\", only {}; INFLIGHT_ORT_LIBRARY may name a "
                            "library that has it",
                            library_.version, library_.path, device, names));
  }
  bool only_f32 = device == "CPU" || device == "CUDA";
  if (only_f32 && options.precision && *options.precision != ElementType::f32)
    return fail(ErrorCode::device_unusable,
                fmt::format("ort:{} computes in the types of the model, f32 as a rule, not in {}: convert the model",
                            device, to_string(*options.precision)));
  return {};
}

Result<std::shared_ptr<CompiledModel>> OrtEngine::compile(const fs::path& model, const std::string& device,
                                                          const CompileOptions& options) {
  if (Result<void> usable = check_device(device, options); !usable) return fail(std::move(usable.error()));
  if (Result<void> readable = check_file(model); !readable) return fail(std::move(readable.error()));
  Schedule schedule = make_schedule(options, available_cores(), device == "CPU", IntraOpPool::shared);
  try {
    Result<LoadedSession> loaded = load_session(env_, {model, device, options, schedule, library_.version});
    if (!loaded) return fail(std::move(loaded.error()));
    std::string precision = to_string(options.precision.value_or(ElementType::f32));
    return std::make_shared<OrtModel>(std::move(loaded->session), std::move(loaded->info),
                                      RuntimeInfo{"ort", "ort:" + device, precision, schedule.lanes},
                                      schedule.optimal_requests);
  } catch (const std::exception& error) {
    return fail(ErrorCode::model_unusable,
                fmt::format("{}: ort:{}: {}", model.string(), device, with_thread_remedy(one_line(error))));
  }
}

}  // namespace inflight::onnxruntime

extern "C" const inflight::Plugin inflight_plugin{inflight::kPluginAbi, "ort", &inflight::onnxruntime::create};
