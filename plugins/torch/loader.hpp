// From a TorchScript file to something that can be run, with ports of fixed shapes.
#pragma once

#include <filesystem>
#include <string>

#include "forward.hpp"
#include "inflight/engine.hpp"

namespace inflight::torchscript {

struct LoadRequest {
  std::filesystem::path model;
  std::string device;  ///< "CPU", …
  at::Device where;    ///< the same
  CompileOptions options;
};

struct LoadedModule {
  Forward forward;
  ModelInfo info;         ///< inputs are of fixed shapes; an output's dimension is −1 where it depends on the picture
  ElementType precision;  ///< of the weights
};

/// Runs the model twice, to see its outputs and to have the interpreter do what it does in its first runs. Needs a
/// TorchScope. Errors: model_unusable, invalid_argument, device_unusable. May throw what LibTorch throws.
Result<LoadedModule> load_module(const LoadRequest& request);

/// Only to look at: outputs are told where the file itself says what shapes its inputs have, and are missing
/// elsewhere. Needs a TorchScope. Errors: model_unusable.
Result<ModelInfo> inspect(const std::filesystem::path& model);

}  // namespace inflight::torchscript
