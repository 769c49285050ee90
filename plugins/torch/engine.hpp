// LibTorch as an engine: TorchScript models, run as they are. Nothing is frozen, fused or converted, so this is what
// the other engines' gains are measured against.
//
// LibTorch keeps the number of threads of an operator for each thread that calls, and as a default of the whole
// process for threads that have not called yet; compiling sets both. A program that uses LibTorch itself, too, sets
// at::set_num_threads() on its own threads. Tasks that a model forks run on LibTorch's inter-op pool, which is the
// process's: as many threads as the machine has cores, unless the program calls at::set_num_interop_threads() first.
#pragma once

#include "inflight/engine.hpp"

namespace inflight::torchscript {

class TorchEngine final : public Engine {
 public:
  std::string_view name() const noexcept override { return "torch"; }
  std::string version() const override;
  std::vector<DeviceInfo> devices() const override;
  Result<ModelInfo> read_model(const std::filesystem::path& model) override;
  Result<std::shared_ptr<CompiledModel>> compile(const std::filesystem::path& model, const std::string& device,
                                                 const CompileOptions& options) override;
};

}  // namespace inflight::torchscript
