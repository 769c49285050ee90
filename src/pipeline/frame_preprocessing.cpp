#include "frame_preprocessing.hpp"

#include <cstring>
#include <map>
#include <string>

#include "steps.hpp"

namespace inflight {

FramePreprocessing::FramePreprocessing(const std::vector<PipelineModel>& models)
    : models_(models), shared_by_(models.size()) {
  std::map<std::string, std::vector<std::size_t>> by_recipe;
  auto input_of = [&models](std::size_t model) -> const Port& {
    const Detector& detector = models[model].detector;
    return detector.model->info().inputs[detector.inputs.picture];
  };
  for (std::size_t model = 0; model < models.size(); ++model) {
    const Detector& detector = models[model].detector;
    std::string recipe = detector.preprocessor->recipe();
    bool usable = detector.inputs.picture < detector.model->info().inputs.size();
    if (recipe.empty() || !usable || !input_of(model).shape.is_static()) continue;
    // Models of several batch sizes want the same picture in inputs of different size.
    by_recipe[recipe + " in " + to_string(input_of(model).shape)].push_back(model);
  }
  for (const auto& [recipe, members] : by_recipe) {
    if (members.size() < 2) continue;
    const Port& input = input_of(members.front());
    for (std::size_t model : members) shared_by_[model] = shared_.size();
    shared_.push_back({Tensor(input.type, input.shape), models[members.front()].detector.preprocessor.get(), {}});
  }
}

void FramePreprocessing::begin_frame() noexcept {
  for (Shared& shared : shared_) shared.made.reset();
}

Result<SourceTransform> FramePreprocessing::run(std::size_t model, const Picture& picture, InferRequest& request) {
  const Detector& detector = models_[model].detector;
  if (!shared_by_[model]) return preprocess(detector, picture, request);
  Result<SourceTransform> made = copy(shared_[*shared_by_[model]], model, picture, request);
  if (!made) return made;
  if (Result<void> filled = fill_side_inputs(detector.inputs, *made, request); !filled)
    return fail(std::move(filled.error()));
  return made;
}

Result<SourceTransform> FramePreprocessing::copy(Shared& shared, std::size_t model, const Picture& picture,
                                                 InferRequest& request) {
  if (!shared.made) {
    Result<SourceTransform> made = preprocess(*shared.preprocessor, picture, shared.bytes.view());
    if (!made) return made;
    shared.made = *made;
  }
  const Detector& detector = models_[model].detector;
  Result<TensorView> input = request.input(detector.inputs.picture);
  if (!input) return fail(std::move(input.error()));
  if (input->bytes() != shared.bytes.view().bytes()) return preprocess(*detector.preprocessor, picture, *input);
  std::memcpy(input->data(), shared.bytes.view().data(), shared.bytes.view().bytes());
  return *shared.made;
}

}  // namespace inflight
