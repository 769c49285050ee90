#include "lazy_engine.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <torch/version.h>

#include "cpu_device.hpp"
#include "plugin.hpp"

namespace inflight::torchscript {
namespace {

namespace fs = std::filesystem;

/// Beside the plugin, wherever that was installed.
fs::path module_path() {
  Dl_info plugin{};
  dladdr(reinterpret_cast<const void*>(&module_path), &plugin);
  return fs::absolute(plugin.dli_fname).parent_path() / INFLIGHT_TORCH_MODULE;
}

Result<Engine*> open_engine() try {
  // Never closed: LibTorch's threads and thread-local data outlive every model.
  void* module = dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module) return fail(ErrorCode::device_unusable, fmt::format("LibTorch cannot be loaded: {}", dlerror()));
  auto make = reinterpret_cast<MakeEngine>(dlsym(module, kMakeEngine));
  if (!make)
    return fail(ErrorCode::device_unusable,
                fmt::format("{} is of another version of Inflight; rebuild it", module_path().string()));
  return make();
} catch (const std::exception& error) {
  return fail(ErrorCode::device_unusable, fmt::format("LibTorch did not start: {}", error.what()));
}

Engine* create(std::string& problem) {
  std::error_code unknown;
  if (fs::exists(module_path(), unknown)) return new LazyEngine;
  problem = fmt::format("{} is missing: install it beside its plugin", module_path().string());
  return nullptr;
}

}  // namespace

Result<Engine*> LazyEngine::engine() const {
  std::call_once(opened_, [this] { engine_ = open_engine(); });
  return engine_;
}

std::string LazyEngine::version() const { return TORCH_VERSION; }

std::vector<DeviceInfo> LazyEngine::devices() const {
  if (!INFLIGHT_TORCH_HAS_CUDA) return {cpu_device()};
  Result<Engine*> torch = engine();
  return torch ? (*torch)->devices() : std::vector<DeviceInfo>();
}

Result<ModelInfo> LazyEngine::read_model(const fs::path& model) {
  Result<Engine*> torch = engine();
  if (!torch) return fail(std::move(torch.error()));
  return (*torch)->read_model(model);
}

Result<std::shared_ptr<CompiledModel>> LazyEngine::compile(const fs::path& model, const std::string& device,
                                                           const CompileOptions& options) {
  Result<Engine*> torch = engine();
  if (!torch) return fail(std::move(torch.error()));
  return (*torch)->compile(model, device, options);
}

}  // namespace inflight::torchscript

extern "C" const inflight::Plugin inflight_plugin{inflight::kPluginAbi, "torch", &inflight::torchscript::create};
