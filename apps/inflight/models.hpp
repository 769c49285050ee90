// The models that the command line names, ready for a pipeline.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"

namespace inflight::app {

/// One `-m`, resolved: what it is called, and with which options it is compiled.
struct NamedModel {
  std::string name;
  Options options;
};

/// `-m [NAME=]FILE [OPTIONS]` for each model: NAME is the file's without its extension unless given, OPTIONS are those
/// of the model alone, e.g. -m 'cars=yolox.onnx --device ort:CPU'. Errors: invalid_argument (two of one name, options).
Result<std::vector<NamedModel>> named_models(const Options& options);

/// The FILE of "[NAME=]FILE [OPTIONS]".
std::string model_file(const std::string& text);

struct Models {
  std::vector<PipelineModel> models;
  std::optional<Cascade> cascade;
};
using OnDeviceEvent = std::function<void(const DeviceEvent&)>;

/// Compiles them, for `options.mode` and, where there are several, for one budget of processors; and the cascade of
/// --then. `told` may be empty. Errors: those of make_detector and make_feature_model; invalid_argument (a label of
/// --on that the first model lacks).
Result<Models> make_models(const Options& options, const OnDeviceEvent& told);

}  // namespace inflight::app
