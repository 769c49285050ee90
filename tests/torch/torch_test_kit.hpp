#pragma once

#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight {

/// Only for tests in a TorchTest, which are skipped where there is none.
inline Engine& torch_engine() {
  for (const EngineStatus& status : engines())
    if (status.name == "torch") return *status.engine;
  std::abort();
}

/// Writes TorchScript models to a folder that is gone when the test ends.
class TorchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "inflight_torch_XXXXXX").string();
    folder_ = mkdtemp(name.data());
    for (const EngineStatus& status : engines())
      if (status.name == "torch" && !status.engine) GTEST_SKIP() << status.problem;
    ASSERT_TRUE(std::ranges::any_of(engines(), [](const EngineStatus& s) { return s.name == "torch"; }));
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// A model whose forward is that Python text, "(self, x): return x + 1".
  std::filesystem::path save(const std::string& forward, const torch::jit::ExtraFilesMap& extra_files = {}) const {
    torch::jit::Module module("m");
    module.define("def forward" + forward + "\n");
    return save(module, extra_files);
  }
  std::filesystem::path save(const torch::jit::Module& module,
                             const torch::jit::ExtraFilesMap& extra_files = {}) const {
    std::filesystem::path file = folder_ / "model.pt";
    module.save(file.string(), extra_files);
    return file;
  }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  const std::filesystem::path& folder() const { return folder_; }

  static CompileOptions shaped(const std::string& shape) { return {.properties = {{"INPUT_SHAPE", shape}}}; }

  /// Reports a model that does not compile.
  static std::shared_ptr<CompiledModel> compile(const std::filesystem::path& model, const CompileOptions& options) {
    auto compiled = torch_engine().compile(model, "CPU", options);
    if (compiled) return *compiled;
    ADD_FAILURE() << compiled.error().message;
    return nullptr;
  }
  static Error refusal(const std::filesystem::path& model, const CompileOptions& options,
                       const std::string& device = "CPU") {
    auto compiled = torch_engine().compile(model, device, options);
    if (!compiled) return compiled.error();
    ADD_FAILURE() << "compiled";
    return {};
  }

 private:
  std::filesystem::path folder_;
};

/// Runs the request and waits.
inline Outcome infer(InferRequest& request) {
  std::promise<Outcome> outcome;
  Result<void> started = request.start([&](Outcome o) { outcome.set_value(std::move(o)); });
  if (!started) return fail(std::move(started.error()));
  return outcome.get_future().get();
}

inline std::vector<float> to_floats(TensorView view) { return {view.as<float>().begin(), view.as<float>().end()}; }

/// The first output, after an inference that must succeed with `x` as the first input.
inline std::vector<float> infer(InferRequest& request, const std::vector<float>& x) {
  std::ranges::copy(x, request.input(0)->as<float>().begin());
  Outcome outcome = infer(request);
  if (!outcome) return ADD_FAILURE() << outcome.error().message, std::vector<float>();
  return to_floats(request.output(0).value());
}

}  // namespace inflight
