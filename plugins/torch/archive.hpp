// A TorchScript file, and what can be known of its model without running it.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <filesystem>

#include "inflight/engine.hpp"

namespace inflight::torchscript {

struct Archive {
  torch::jit::Module module;
  /// Inputs: the tensors that forward() must be given, with the shapes of the example that the model was traced
  /// with where the archive keeps it (PyTorch 2.0 and later), else Shape{-1}. No outputs: TorchScript does not say.
  /// Metadata: the archive's extra files.
  ModelInfo info;
  ElementType precision = ElementType::f32;  ///< of the weights
};

/// Errors: model_unusable. May throw what LibTorch throws.
Result<Archive> read_archive(const std::filesystem::path& model, at::Device device);

}  // namespace inflight::torchscript
