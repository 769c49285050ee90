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

/// The key in ModelInfo::metadata under which a compiled model says what its cache did: "loaded FILE", "stored
/// FILE", "FILE is damaged; stored again", or why it was not stored.
inline constexpr const char* kCacheNote = "inflight/cache";

/// Errors: model_unusable, device_unusable, invalid_argument. May throw what ONNX Runtime throws.
Result<LoadedSession> load_session(const Ort::Env& env, const LoadRequest& request);

/// Only to look at: nothing is optimised. Errors: model_unusable.
Result<Description> inspect(const Ort::Env& env, const std::filesystem::path& model);

}  // namespace inflight::onnxruntime
