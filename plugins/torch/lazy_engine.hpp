// The plugin itself: it stands for the engine until that is needed.
#pragma once

#include <mutex>

#include "inflight/engine.hpp"

namespace inflight::torchscript {

/// The symbol by which the module with LibTorch hands out its engine. It may throw.
using MakeEngine = Engine* (*)();
inline constexpr const char* kMakeEngine = "inflight_make_torch_engine";

/// Opens LibTorch when a model is read or compiled, and to count CUDA devices where LibTorch was built for them.
/// That takes about a second and 160 MB, which every run would otherwise pay for having the plugin.
class LazyEngine final : public Engine {
 public:
  std::string_view name() const noexcept override { return "torch"; }
  std::string version() const override;
  std::vector<DeviceInfo> devices() const override;
  Result<ModelInfo> read_model(const std::filesystem::path& model) override;
  Result<std::shared_ptr<CompiledModel>> compile(const std::filesystem::path& model, const std::string& device,
                                                 const CompileOptions& options) override;

 private:
  /// Errors: device_unusable, naming the library that was looked for. They stay: a second try would find the same.
  Result<Engine*> engine() const;

  mutable std::once_flag opened_;
  mutable Result<Engine*> engine_ = nullptr;
};

}  // namespace inflight::torchscript
