#include "engine.hpp"

#include <fmt/format.h>
#include <torch/version.h>

#include <future>

#include "compiled_model.hpp"
#include "convert.hpp"
#include "devices.hpp"
#include "lazy_engine.hpp"
#include "loader.hpp"
#include "usage.hpp"

namespace inflight::torchscript {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> unknown_device(const std::string& device) {
  std::string names;
  for (const DeviceInfo& info : list_devices()) names += (names.empty() ? "torch:" : ", torch:") + info.name;
  return fail(ErrorCode::device_unusable,
              fmt::format("LibTorch {} has no device \"{}\" on this machine, only {}", TORCH_VERSION, device, names));
}

/// On a thread of its own, so that the caller's keeps its number of threads; see TorchScope.
template <class F>
auto with_threads(int intra_op_threads, F call) {
  return std::async(std::launch::async,
                    [&] {
                      TorchScope scope(intra_op_threads);
                      return call();
                    })
      .get();
}

}  // namespace

std::string TorchEngine::version() const { return TORCH_VERSION; }

std::vector<DeviceInfo> TorchEngine::devices() const {
  try {
    return list_devices();
  } catch (const std::exception&) {
    return {};  // the library is here, but its driver does not answer
  }
}

Result<ModelInfo> TorchEngine::read_model(const fs::path& model) try {
  return with_threads(1, [&] { return inspect(model); });
} catch (const std::exception& error) {
  return fail(ErrorCode::model_unusable, fmt::format("{}: {}", model.string(), one_line(error)));
}

Result<std::shared_ptr<CompiledModel>> TorchEngine::compile(const fs::path& model, const std::string& device,
                                                            const CompileOptions& options) try {
  std::optional<at::Device> where = to_device(device);
  if (!where) return unknown_device(device);
  // OpenMP gives every thread that calls a team of its own. Above one thread, those spin where they wait for each
  // other, and only the environment can say otherwise: a small network on two busy cores ran at 17–24 frames per
  // second, with OMP_WAIT_POLICY=PASSIVE at 79–101.
  Schedule schedule = make_schedule(options, available_cores(), where->is_cpu(), IntraOpPool::per_lane);
  Result<LoadedModule> loaded =
      with_threads(schedule.intra_op_threads, [&] { return load_module({model, device, *where, options}); });
  if (!loaded) return fail(std::move(loaded.error()));
  return std::make_shared<TorchModel>(std::move(*loaded), device, schedule);
} catch (const std::exception& error) {
  return fail(ErrorCode::model_unusable, fmt::format("{}: torch:{}: {}", model.string(), device, one_line(error)));
}

}  // namespace inflight::torchscript

extern "C" INFLIGHT_API inflight::Engine* inflight_make_torch_engine() {
  return new inflight::torchscript::TorchEngine;
}
