// A model file made ready for the pipeline: recognised, compiled, with its way in and its way out.
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

/// A model that only says what it is once it is compiled (a simulated one) is recognised by its compiled ports.
Result<ModelFamily> recognise_file(const std::filesystem::path& model, const std::string& device,
                                   const DetectorOptions& options) {
  if (device.starts_with("sim:"))
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

Result<Detector> make_detector(const std::filesystem::path& model, const std::string& device,
                               const DetectorOptions& options) {
  Result<ModelFamily> family = recognise_file(model, device, options);
  if (!family) return fail(std::move(family.error()));
  CompileOptions compile = options.compile;
  compile.mean = family->preprocess.mean;
  compile.scale = family->preprocess.scale;
  Result<std::shared_ptr<CompiledModel>> compiled = compile_model(model, device, compile);
  if (!compiled) return fail(std::move(compiled.error()));

  const ModelInfo& info = (*compiled)->info();
  if (info.inputs.empty()) return fail(ErrorCode::model_unusable, model.string() + ": the model has no input");
  const Port& input = info.inputs.front();
  auto preprocessor = make_preprocessor(input, remaining_preprocessing(family->preprocess, input));
  if (!preprocessor) return fail(std::move(preprocessor.error()));
  auto postprocessor = make_postprocessor(*family, info, options.postprocess);
  if (!postprocessor) return fail(std::move(postprocessor.error()));
  return Detector{std::move(*compiled), std::move(*preprocessor), std::move(*postprocessor)};
}

}  // namespace inflight
