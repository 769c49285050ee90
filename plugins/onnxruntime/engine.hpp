// ONNX Runtime as an engine.
#pragma once

#include <onnxruntime_cxx_api.h>

#include "inflight/engine.hpp"
#include "library.hpp"

namespace inflight::onnxruntime {

class OrtEngine final : public Engine {
 public:
  /// Throws Ort::Exception.
  explicit OrtEngine(Library library);

  std::string_view name() const noexcept override { return "ort"; }
  std::string version() const override { return library_.version; }
  std::vector<DeviceInfo> devices() const override;
  Result<ModelInfo> read_model(const std::filesystem::path& model) override;
  Result<std::shared_ptr<CompiledModel>> compile(const std::filesystem::path& model, const std::string& device,
                                                 const CompileOptions& options) override;

 private:
  Result<void> check_device(const std::string& device, const CompileOptions& options) const;

  const Library library_;
  Ort::Env env_;  // thread-safe by ONNX Runtime's word
};

}  // namespace inflight::onnxruntime
