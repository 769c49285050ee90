// For tests: model outputs made by hand, as f32 or f16.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "convert.hpp"
#include "inflight/vision.hpp"

namespace inflight::testing {

/// A tensor of `type` with `values`, the rest zero.
inline Tensor output_of(ElementType type, const Shape& shape, const std::vector<float>& values = {}) {
  Tensor tensor(type, shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (type == ElementType::f16) {
      tensor.view().as<Half>()[i] = to_half(values[i]);
    } else {
      tensor.view().as<float>()[i] = values[i];
    }
  }
  return tensor;
}

/// A model with one image input and one output.
inline ModelInfo model_of(const Shape& input, const Shape& output, std::string name = "model") {
  return {std::move(name), {{"image", ElementType::f32, input, ""}}, {{"out", ElementType::f32, output, ""}}, {}};
}

/// Recognises `model` and runs its postprocessor over `output`.
inline std::vector<Detection> detect(const ModelInfo& model, const Tensor& output, const SourceTransform& transform,
                                     const PostprocessOptions& options = {}, std::string_view decoder = {}) {
  auto family = recognise(model, decoder);
  EXPECT_TRUE(family) << family.error().message;
  auto postprocessor = make_postprocessor(*family, model, options);
  EXPECT_TRUE(postprocessor) << postprocessor.error().message;
  std::vector<Detection> detections{{{1, 2, 3, 4}, 1, 7, "of the last frame"}};
  TensorView view = output;
  auto done = (*postprocessor)->run({&view, 1}, transform, detections);
  EXPECT_TRUE(done) << done.error().message;
  return detections;
}

}  // namespace inflight::testing
