// A model file made ready for the pipeline: recognised, compiled, with its way in and its way out.
#include <algorithm>
#include <utility>

#include "device_string.hpp"
#include "inflight/pipeline.hpp"

namespace inflight {
namespace {

/// Where the engine takes bytes, mean and scale are folded into its graph already.
PreprocessOptions remaining_preprocessing(PreprocessOptions options, const Port& input) {
  if (input.type != ElementType::u8) return options;
  options.mean = {0, 0, 0};
  options.scale = {1, 1, 1};
  return options;
}

/// Nothing but simulated devices, whatever AUTO, MULTI and BATCH make of them.
bool is_simulated(const DeviceSpec& spec) {
  if (spec.kind == DeviceSpec::Kind::plain) return spec.name.starts_with("sim:");
  auto harmless = [](const DeviceSpec& member) { return member.excluded || is_simulated(member); };
  bool named = !std::ranges::all_of(spec.members, &DeviceSpec::excluded);  // else AUTO means every real device
  return named && std::ranges::all_of(spec.members, harmless);
}

/// What the file says; or what its compiled model says, where the file does not tell the outputs, as TorchScript files
/// do not without the shape of the input.
Result<ModelInfo> describe(const std::filesystem::path& model, const std::string& device, CompileOptions options) {
  Result<ModelInfo> info = read_model(model);
  if (!info || !info->outputs.empty()) return info;
  options.u8_input = false;  // ports as the file has them
  Result<std::shared_ptr<CompiledModel>> compiled = compile_model(model, device, options);
  if (!compiled) return fail(std::move(compiled.error()));
  return (*compiled)->info();
}

/// Simulated devices read no model file; what they compute is known beforehand.
Result<ModelFamily> recognise_file(const std::filesystem::path& model, const std::string& device,
                                   const DetectorOptions& options) {
  Result<DeviceSpec> spec = parse_device(device);
  if (!spec) return fail(std::move(spec.error()));
  if (is_simulated(*spec))
    return recognise({"",
                      {{"image", ElementType::u8, {1, 3, 1, 1}, "NCHW"}},
                      {{"detections", ElementType::f32, {1, 1, 1, 7}, ""}},
                      {}},
                     options.decoder);
  Result<ModelInfo> info = describe(model, device, options.compile);
  if (!info) return fail(std::move(info.error()));
  return recognise(*info, options.decoder);
}

}  // namespace

void DeviceLog::add(DeviceEvent event) {
  std::lock_guard lock(mutex_);
  if (events_.size() < kKept) events_.push_back(std::move(event));
}

std::vector<DeviceEvent> DeviceLog::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

namespace {

/// What the devices tell goes into a log besides to the user.
std::shared_ptr<DeviceLog> keep_events(CompileOptions& options) {
  auto log = std::make_shared<DeviceLog>();
  options.on_event = [log, user = options.on_event](const DeviceEvent& event) {
    log->add(event);
    if (user) user(event);
  };
  return log;
}

}  // namespace

Result<FeatureModel> make_feature_model(const std::filesystem::path& model, const std::string& device,
                                        const CompileOptions& options, const PreprocessOptions& how) {
  Result<DeviceSpec> spec = parse_device(device);
  if (!spec) return fail(std::move(spec.error()));
  if (!is_simulated(*spec))  // a file that cannot be read is told of in the same words for every engine
    if (Result<ModelInfo> info = read_model(model); !info) return fail(std::move(info.error()));
  CompileOptions compile = options;
  compile.mean = how.mean;
  compile.scale = how.scale;
  auto log = keep_events(compile);
  Result<std::shared_ptr<CompiledModel>> compiled = compile_model(model, device, compile);
  if (!compiled) return fail(std::move(compiled.error()));
  const std::vector<Port>& inputs = (*compiled)->info().inputs;
  if (inputs.size() != 1)
    return fail(ErrorCode::model_unusable, model.string() + ": a cascade takes models with one image input");
  auto preprocessor = make_preprocessor(inputs.front(), remaining_preprocessing(how, inputs.front()));
  if (!preprocessor) return fail(std::move(preprocessor.error()));
  return FeatureModel{std::move(*compiled), std::move(*preprocessor), std::move(log)};
}

Result<Detector> make_detector(const std::filesystem::path& model, const std::string& device,
                               const DetectorOptions& options) {
  Result<ModelFamily> family = recognise_file(model, device, options);
  if (!family) return fail(std::move(family.error()));
  CompileOptions compile = options.compile;
  compile.mean = family->preprocess.mean;
  compile.scale = family->preprocess.scale;
  auto log = keep_events(compile);
  Result<std::shared_ptr<CompiledModel>> compiled = compile_model(model, device, compile);
  if (!compiled) return fail(std::move(compiled.error()));

  const ModelInfo& info = (*compiled)->info();
  if (info.inputs.empty()) return fail(ErrorCode::model_unusable, model.string() + ": the model has no input");
  const Port& input = info.inputs.front();
  auto preprocessor = make_preprocessor(input, remaining_preprocessing(family->preprocess, input));
  if (!preprocessor) return fail(std::move(preprocessor.error()));
  auto postprocessor = make_postprocessor(*family, info, options.postprocess);
  if (!postprocessor) return fail(std::move(postprocessor.error()));
  return Detector{std::move(*compiled), std::move(*preprocessor), std::move(*postprocessor), std::move(log)};
}

}  // namespace inflight
