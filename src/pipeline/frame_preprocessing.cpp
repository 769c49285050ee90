#include "frame_preprocessing.hpp"

#include <cstring>
#include <map>
#include <string>

#include "steps.hpp"

namespace inflight {

FramePreprocessing::FramePreprocessing(const std::vector<PipelineModel>& models) {
  std::map<std::string, std::vector<std::size_t>> by_recipe;
  for (const PipelineModel& model : models) {
    models_.push_back({model.detector.preprocessor.get(), {}});
    const std::vector<Port>& inputs = model.detector.model->info().inputs;
    std::string recipe = model.detector.preprocessor->recipe();
    if (recipe.empty() || inputs.empty() || !inputs.front().shape.is_static()) continue;
    // Models of several batch sizes want the same picture in inputs of different size.
    by_recipe[recipe + " in " + to_string(inputs.front().shape)].push_back(models_.size() - 1);
  }
  for (const auto& [recipe, members] : by_recipe) {
    if (members.size() < 2) continue;
    const Port& input = models[members.front()].detector.model->info().inputs.front();
    for (std::size_t model : members) models_[model].shared = shared_.size();
    shared_.push_back({Tensor(input.type, input.shape), models_[members.front()].preprocessor, {}});
  }
}

void FramePreprocessing::begin_frame() noexcept {
  for (Shared& shared : shared_) shared.made.reset();
}

Result<SourceTransform> FramePreprocessing::run(std::size_t model, const Picture& picture, InferRequest& request) {
  if (!models_[model].shared) return preprocess(*models_[model].preprocessor, picture, request);
  Shared& shared = shared_[*models_[model].shared];
  if (!shared.made) {
    Result<SourceTransform> made = preprocess(*shared.preprocessor, picture, shared.bytes.view());
    if (!made) return made;
    shared.made = *made;
  }
  Result<TensorView> input = request.input(0);
  if (!input) return fail(std::move(input.error()));
  if (input->bytes() != shared.bytes.view().bytes()) return preprocess(*models_[model].preprocessor, picture, *input);
  std::memcpy(input->data(), shared.bytes.view().data(), shared.bytes.view().bytes());
  return *shared.made;
}

}  // namespace inflight
