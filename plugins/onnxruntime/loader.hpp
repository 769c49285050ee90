// From a model file to a session that fits what was asked for.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <filesystem>
#include <string>

#include "convert.hpp"
#include "inflight/engine.hpp"
#include "schedule.hpp"

namespace inflight::onnxruntime {

struct LoadRequest {
  std::filesystem::path model;
  std::string device;  ///< of list_devices()
  CompileOptions options;
  Schedule schedule;
  std::string library_version;
};

struct LoadedSession {
  Ort::Session session{nullptr};
  ModelInfo info;  ///< every input's shape is fixed
};

/// Errors: model_unusable, device_unusable, invalid_argument. May throw what ONNX Runtime throws.
Result<LoadedSession> load_session(const Ort::Env& env, const LoadRequest& request);

/// Only to look at: nothing is optimised. Errors: model_unusable.
Result<Description> inspect(const Ort::Env& env, const std::filesystem::path& model);

}  // namespace inflight::onnxruntime
