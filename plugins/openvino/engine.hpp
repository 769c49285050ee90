// OpenVINO as an engine.
#pragma once

#include <openvino/openvino.hpp>

#include "inflight/engine.hpp"

namespace inflight::openvino {

class OpenVinoEngine final : public Engine {
 public:
  std::string_view name() const noexcept override { return "ov"; }
  std::string version() const override;
  std::vector<DeviceInfo> devices() const override;
  Result<ModelInfo> read_model(const std::filesystem::path& model) override;
  Result<std::shared_ptr<CompiledModel>> compile(const std::filesystem::path& model, const std::string& device,
                                                 const CompileOptions& options) override;

 private:
  Result<std::shared_ptr<ov::Model>> read(const std::filesystem::path& path);
  /// Which of the model, the device and the properties `error` is about.
  Error compile_error(const std::filesystem::path& model, const std::string& device, const CompileOptions& options,
                      const std::exception& error) const;

  mutable ov::Core core_;  // thread-safe by OpenVINO's word
};

}  // namespace inflight::openvino
