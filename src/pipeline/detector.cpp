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

/// A device of its own, where a virtual one would compile the model several times.
std::string plain_device(const DeviceSpec& spec) {
  for (const DeviceSpec& member : spec.members)
    if (!member.excluded) return plain_device(member);
  return spec.kind == DeviceSpec::Kind::plain ? spec.name : "CPU";
}

/// A model file, as it is to be compiled.
struct Described {
  ModelInfo info;
  CompileOptions compile;
  std::string size;  ///< where its size is from, if it was chosen
};

/// The outputs that the file does not tell, as TorchScript files do not without the shape of the input, and as others
/// do not that leave it open: those of the compiled model.
Result<void> find_outputs(const std::filesystem::path& model, const DeviceSpec& device, Described& described) {
  CompileOptions options = described.compile;
  options.u8_input = false;  // ports as the file has them
  options.on_event = nullptr;
  Result<std::shared_ptr<CompiledModel>> compiled = compile_model(model, plain_device(device), options);
  if (!compiled) return fail(std::move(compiled.error()));
  described.info.inputs = (*compiled)->info().inputs;
  described.info.outputs = (*compiled)->info().outputs;
  return {};
}

/// What the file says, and what it leaves open.
Result<Described> describe(const std::filesystem::path& model, const DeviceSpec& device,
                           const DetectorOptions& options) {
  Result<ModelInfo> info = read_model(model);
  if (!info) return fail(std::move(info.error()));
  Described described{std::move(*info), options.compile, {}};
  if (options.compile.shapes.empty()) {
    Result<std::optional<InputSize>> size = choose_input_size(described.info, options.input_size, options.picture_size);
    if (!size) return fail(std::move(size.error()));
    if (*size) described.size = (*size)->why;
    if (*size) described.compile.shapes = std::move((*size)->shapes);
  }
  if (described.compile.shapes.empty() && !described.info.outputs.empty()) return described;
  if (Result<void> found = find_outputs(model, device, described); !found) return fail(std::move(found.error()));
  return described;
}

struct Recognised {
  ModelFamily family;
  CompileOptions compile;
  std::string size;
};

/// Simulated devices read no model file; what they compute is known beforehand.
Result<Recognised> recognise_file(const std::filesystem::path& model, const std::string& device,
                                  const DetectorOptions& options) {
  Result<DeviceSpec> spec = parse_device(device);
  if (!spec) return fail(std::move(spec.error()));
  bool simulated = is_simulated(*spec);
  Described described{{"",
                       {{"image", ElementType::u8, {1, 3, 1, 1}, "NCHW"}},
                       {{"detections", ElementType::f32, {1, 1, 1, 7}, ""}},
                       {}},
                      options.compile,
                      {}};
  if (!simulated) {
    Result<Described> file = describe(model, *spec, options);
    if (!file) return fail(std::move(file.error()));
    described = std::move(*file);
  }
  Result<ModelFamily> family = recognise(described.info, options.decoder);
  if (!family) return fail(std::move(family.error()));
  if (!described.size.empty()) family->notes.insert(family->notes.begin(), "the input's size is " + described.size);
  return Recognised{std::move(*family), std::move(described.compile), std::move(described.size)};
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

Clock& clock_of(const CompileOptions& options) { return options.clock ? *options.clock : steady_clock(); }

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

Result<ModelFamily> recognise_detector(const std::filesystem::path& model, const std::string& device,
                                       const DetectorOptions& options) {
  Result<Recognised> recognised = recognise_file(model, device, options);
  if (!recognised) return fail(std::move(recognised.error()));
  return std::move(recognised->family);
}

Result<Detector> make_detector(const std::filesystem::path& model, const std::string& device,
                               const DetectorOptions& options) {
  Result<Recognised> recognised = recognise_file(model, device, options);
  if (!recognised) return fail(std::move(recognised.error()));
  auto& [family, compile, size] = *recognised;
  compile.mean = family.preprocess.mean;
  compile.scale = family.preprocess.scale;
  auto log = keep_events(compile);
  if (!size.empty())
    compile.on_event({clock_of(compile).now(), "input_size", device, "the input's size is " + size, {}});
  Result<std::shared_ptr<CompiledModel>> compiled = compile_model(model, device, compile);
  if (!compiled) return fail(std::move(compiled.error()));

  const ModelInfo& info = (*compiled)->info();
  Result<ModelInputs> inputs = recognise_inputs(info);
  if (!inputs) return fail(std::move(inputs.error()));
  const Port& input = info.inputs[inputs->picture];
  auto preprocessor = make_preprocessor(input, remaining_preprocessing(family.preprocess, input));
  if (!preprocessor) return fail(std::move(preprocessor.error()));
  auto postprocessor = make_postprocessor(family, info, options.postprocess);
  if (!postprocessor) return fail(std::move(postprocessor.error()));
  return Detector{std::move(*compiled), std::move(*preprocessor), std::move(*postprocessor), std::move(log),
                  std::move(*inputs)};
}

}  // namespace inflight
