#include "models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "configuration.hpp"
#include "inflight/measure.hpp"
#include "usage.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

/// "NAME=FILE --option …" in its parts. What exists as it is written is a file, whatever its name holds.
struct ModelText {
  std::string name, file, arguments;
};

ModelText split(const std::string& text) {
  ModelText parts;
  std::error_code ignored;
  std::size_t options = fs::exists(text, ignored) ? std::string::npos : text.find(" -");
  parts.file = text.substr(0, options);
  if (options != std::string::npos) parts.arguments = text.substr(options + 1);
  std::size_t equals = parts.file.find('=');
  if (!fs::exists(parts.file, ignored) && equals != std::string::npos && equals > 0) {
    parts.name = parts.file.substr(0, equals);
    parts.file = parts.file.substr(equals + 1);
  }
  if (parts.name.empty()) parts.name = fs::path(parts.file).stem().string();
  return parts;
}

/// One stream for each processor, one thread in each: any inference may then run beside any other, of whatever model,
/// and none waits for a core that another holds.
void share_budget(CompileOptions& compile) {
  if (compile.execution_streams > 0 || compile.threads > 0) return;
  compile.execution_streams = compile.threads = available_cores();
}

/// As people run it who set nothing: one inference has all cores, and ONNX Runtime's threads spin.
void use_engine_defaults(CompileOptions& compile, const std::string& device) {
  compile.hint = PerformanceHint::latency;
  if (device.find("ort:") == std::string::npos) return;
  compile.properties.try_emplace("intra_op_num_threads", "0");
  compile.properties.try_emplace("session.intra_op.allow_spinning", "1");
}

Result<PipelineModel> make_model(const NamedModel& model, bool several, const OnDeviceEvent& told) {
  const Options& options = model.options;
  DetectorOptions how = options.detector;
  if (options.engine_defaults)
    use_engine_defaults(how.compile, options.device);
  else if (several)
    share_budget(how.compile);
  if (told)
    how.compile.on_event = [told, before = how.compile.on_event](const DeviceEvent& event) {
      told(event);
      if (before) before(event);
    };
  std::string device = options.mode == Mode::processes ? "PROCESS:" + options.device : options.device;
  Result<Detector> detector = make_detector(options.model, device, how);
  if (!detector) return fail(std::move(detector.error()));
  return PipelineModel{model.name, std::move(*detector)};
}

/// Labels that the first model knows; none where nobody can tell.
Result<void> check_labels(const Options& options) {
  if (options.on_labels.empty()) return {};
  Result<ModelInfo> info = read_model(options.model);
  if (!info) return {};  // simulated devices read no file
  Result<ModelFamily> family = recognise(*info, options.detector.decoder);
  if (!family || family->labels.empty()) return {};
  for (const std::string& label : options.on_labels) {
    if (std::ranges::find(family->labels, label) != family->labels.end()) continue;
    std::string like = nearest(label, family->labels);
    std::string known = family->labels.size() <= 10 ? fmt::format("; it has {}", fmt::join(family->labels, ", "))
                                                    : fmt::format("; it has {} labels", family->labels.size());
    return fail(ErrorCode::invalid_argument,
                fmt::format("--on {}: {} finds nothing of that name{}", label, options.model,
                            like.empty() ? known : "; did you mean " + like + "?"));
  }
  return {};
}

Result<Cascade> make_cascade(const Options& options, const NamedModel& first) {
  if (Result<void> ok = check_labels(first.options); !ok) return fail(std::move(ok.error()));
  ModelText parts = split(options.then);
  Options own = options;
  own.device = options.then_device.empty() ? "BATCH:" + options.device : options.then_device;
  if (!parts.arguments.empty()) {
    Result<Options> with = with_arguments(own, parts.arguments);
    if (!with) return fail({with.error().code, fmt::format("--then {}: {}", options.then, with.error().message)});
    own = std::move(*with);
  }
  Result<FeatureModel> model = make_feature_model(parts.file, own.device, own.detector.compile);
  if (!model) return fail(std::move(model.error()));
  return Cascade{parts.name, std::move(*model), first.name, options.on_labels};
}

}  // namespace

Result<std::vector<NamedModel>> named_models(const Options& options) {
  std::vector<NamedModel> all;
  std::vector<std::string> texts = options.models.empty() ? std::vector{options.model} : options.models;
  for (const std::string& text : texts) {
    ModelText parts = split(text);
    Options own = options;
    if (!parts.arguments.empty()) {
      Result<Options> with = with_arguments(options, parts.arguments);
      if (!with) return fail({with.error().code, fmt::format("-m '{}': {}", text, with.error().message)});
      own = std::move(*with);
    }
    own.model = parts.file;
    if (std::ranges::find(all, parts.name, &NamedModel::name) != all.end())
      return fail(ErrorCode::invalid_argument,
                  fmt::format("two models are named {}; name one otherwise: -m OTHER={}", parts.name, parts.file));
    all.push_back({std::move(parts.name), std::move(own)});
  }
  return all;
}

Result<Models> make_models(const Options& options, const OnDeviceEvent& told) {
  Result<std::vector<NamedModel>> named = named_models(options);
  if (!named) return fail(std::move(named.error()));
  Models made;
  bool several = named->size() > 1 || !options.then.empty();
  for (const NamedModel& model : *named) {
    Result<PipelineModel> one = make_model(model, several, told);
    if (!one) return fail(std::move(one.error()));
    made.models.push_back(std::move(*one));
  }
  if (options.then.empty()) return made;
  Result<Cascade> cascade = make_cascade(options, named->front());
  if (!cascade) return fail(std::move(cascade.error()));
  made.cascade = std::move(*cascade);
  return made;
}

}  // namespace inflight::app
